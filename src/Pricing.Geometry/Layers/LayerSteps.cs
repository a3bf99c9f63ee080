using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Layers;

/// <summary>
/// Difference rows: over the planes of one side of a triangle, section area and projected area are quadratic in the plane's number and
/// perimeter is linear. A tall triangle adds each polynomial's differences where it begins and takes off what has become of them where it
/// ends; one pass over the rows sums them up. Two row updates instead of one per plane.
/// </summary>
/// <remarks>
/// With j counting planes from the beginning, p(j) = d0 + j·d1 + j(j−1)/2·d2, so the end takes off p(n), d1 + n·d2, d2: exact in integers,
/// nothing of a triangle is left behind it and order does not matter. A difference is a pair of longs: units of 2⁻²⁴ modulo 2⁶⁴, and
/// <see cref="FineBits"/> further places of its own.
/// Bounds. Rounding d0, d1, d2 to 2⁻⁵⁵ errs at plane j by less than 2⁻⁵⁶·(1 + j + j²/2): 2⁻³⁶ mm² at 1,000 planes, 2⁻²³·⁷ at the 100,000 of
/// <c>Limits.Mesh.LayersMax</c>; the rounding of the doubles themselves, a few 2⁻⁵³ of the largest product, is that of a direct addition.
/// Fine parts: |d| ≤ 2³⁰ and n ≤ 10⁵ give |p(n)| &lt; 2³⁰·2³²·³ &lt; 2⁶³; carried over they are below 2³¹, and 2³² of them fit a row.
/// </remarks>
static unsafe class LayerSteps
{
    /// <summary>Binary places kept below those of <see cref="LayerRows"/>.</summary>
    public const int FineBits = 31;

    /// <summary>Fewer planes than this are added one by one: cheaper, and a slope over few planes is ill conditioned.</summary>
    public const int PlanesMin = 16;

    /// <summary>Indices of pairs: area (3), perimeter (2), perimeter of hanging walls, either way up (2 × 2), projected area (4 × 3).</summary>
    const int Area = 0, Perimeter = 3, Hanging = 5, Below = 9, Pairs = Below + 3 * LayerRows.Classes;

    /// <summary>Longs per row.</summary>
    public const int Stride = 2 * Pairs;

    /// <summary>A polynomial's values or differences in mm or mm², over <see cref="Piece.Planes"/>.</summary>
    public readonly record struct Quadratic(double D0, double D1, double D2);

    /// <summary>One side of a triangle: the rows where its planes begin and end, and how many there are.</summary>
    public readonly struct Piece(long* begin, int planes)
    {
        readonly long* _end = begin + (long)planes * Stride;

        public int Planes => planes;

        public void AddArea<T>(in Quadratic p)
            where T : struct, IRounding => Add<T>(Area, p);

        /// <param name="d0">Length at the first plane.</param>
        /// <param name="d1">What each plane adds to it.</param>
        /// <param name="hanging">0, or the row field of hanging walls it counts for too.</param>
        public void AddPerimeter<T>(double d0, double d1, int hanging)
            where T : struct, IRounding
        {
            var a = Fixed.Of<T>(d0);
            var b = Fixed.Of<T>(d1);
            Add(Perimeter, a, a.Plus(b, planes));
            Add(Perimeter + 1, b, b);
            if (hanging == 0)
                return;
            var pair = Hanging + 2 * (hanging - LayerRows.Overhang);
            Add(pair, a, a.Plus(b, planes));
            Add(pair + 1, b, b);
        }

        public void AddBelow<T>(int cls, in Quadratic p)
            where T : struct, IRounding => Add<T>(Below + 3 * cls, p);

        void Add<T>(int pair, in Quadratic p)
            where T : struct, IRounding
        {
            var a = Fixed.Of<T>(p.D0);
            var b = Fixed.Of<T>(p.D1);
            var c = Fixed.Of<T>(p.D2);
            var n = (long)planes;
            Add(pair, a, a.Plus(b, n).Plus(c, n * (n - 1) / 2));
            Add(pair + 1, b, b.Plus(c, n));
            Add(pair + 2, c, c);
        }

        void Add(int pair, Fixed begins, Fixed ends)
        {
            begins.AddTo(begin + 2 * pair);
            ends.Carried().TakeFrom(_end + 2 * pair);
        }
    }

    /// <summary>A number in two parts: whole units of 2⁻²⁴ modulo 2⁶⁴, and fine ones.</summary>
    readonly record struct Fixed(long Whole, long Fine)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Fixed Of<T>(double value)
            where T : struct, IRounding
        {
            var whole = T.Split(value * (1L << LayerRows.Bits), out var rest);
            // The rest is exact and at most ½.
            return new(whole, NearRounding.Split(rest * (1L << FineBits), out _));
        }

        public Fixed Plus(Fixed other, long times) => new(unchecked(Whole + other.Whole * times), Fine + other.Fine * times);

        /// <summary>The same number with its fine part in 0 … 2³¹ − 1.</summary>
        public Fixed Carried() => new(unchecked(Whole + (Fine >> FineBits)), Fine & ((1L << FineBits) - 1));

        /// <summary>To the nearest whole unit, ties upwards.</summary>
        public long Rounded => unchecked(Whole + (Fine + (1L << (FineBits - 1)) >> FineBits));

        public void AddTo(long* pair)
        {
            pair[0] += Whole;
            pair[1] += Fine;
        }

        public void TakeFrom(long* pair)
        {
            pair[0] -= Whole;
            pair[1] -= Fine;
        }
    }

    /// <summary>Sums the differences up, plane by plane, and adds the rounded values to the rows.</summary>
    public static void Integrate(ReadOnlySpan<long> steps, Span<long> rows, int count)
    {
        Span<Fixed> sums = stackalloc Fixed[Pairs];
        sums.Clear();
        for (var k = 0; k < count; k++)
        {
            var step = steps.Slice(k * Stride, Stride);
            for (var i = 0; i < Pairs; i++)
                sums[i] = sums[i].Plus(new(step[2 * i], step[2 * i + 1]), 1).Carried();
            var row = rows.Slice(k * LayerRows.Stride, LayerRows.Stride);
            row[LayerRows.Area] += sums[Area].Rounded;
            row[LayerRows.Perimeter] += sums[Perimeter].Rounded;
            row[LayerRows.Overhang] += sums[Hanging].Rounded;
            row[LayerRows.OverhangInverted] += sums[Hanging + 2].Rounded;
            for (var c = 0; c < LayerRows.Classes; c++)
                row[LayerRows.Below + c] += sums[Below + 3 * c].Rounded;
            // One plane on: values by their first differences, those by the second.
            Advance(sums, Area, 3);
            Advance(sums, Perimeter, 2);
            Advance(sums, Hanging, 2);
            Advance(sums, Hanging + 2, 2);
            for (var c = 0; c < LayerRows.Classes; c++)
                Advance(sums, Below + 3 * c, 3);
        }
    }

    static void Advance(Span<Fixed> sums, int at, int terms)
    {
        for (var i = at; i < at + terms - 1; i++)
            sums[i] = sums[i].Plus(sums[i + 1], 1);
    }
}
