using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;

namespace Pricing.Geometry.Topology;

/// <summary>Speeds and limits of the machine that corner losses depend on.</summary>
readonly record struct CornerMotion(double OuterMmS, double InnerMmS, double AccelerationMmS2, double JerkMmS);

/// <summary>
/// How the contours of every section turn, from the mesh's edges: each face is cut along one direction at every height, so an edge
/// between two faces turns the contour by one angle at all planes it crosses. Kept as differences over planes: two updates per edge.
/// </summary>
/// <remarks>Terms are rounded to fixed point, so the order of edges does not matter. Angles come from a series of our own: a libm differs between platforms.</remarks>
sealed unsafe class Turning
{
    /// <summary>Binary places of the sums.</summary>
    const int Bits = 32;

    /// <summary>Longs per plane: angle, inset, outer loss, inner loss.</summary>
    const int Stride = 4;

    readonly long[] _steps;

    Turning(int planes)
    {
        _steps = new long[(planes + 1) * Stride];
        Loops = new double[planes];
        Inset = new double[planes];
        OuterLossS = new double[planes];
        InnerLossS = new double[planes];
    }

    /// <summary>Outer contours less holes, per plane.</summary>
    public double[] Loops { get; }

    /// <summary>Σ 2·tan(θ/2) over convex corners, Σ θ over others: an inset by d loses d·P and wins back half of this times d².</summary>
    public double[] Inset { get; }

    /// <summary>Seconds a planner loses at the corners of one wall, at the outer and at the inner wall's speed.</summary>
    public double[] OuterLossS { get; }
    public double[] InnerLossS { get; }

    public static Turning Of(ReadOnlySpan<int> corners, VertexTable vertices, EdgeTable edges, LayerGrid grid, double minZMm, double maxZMm,
        bool inverted, in CornerMotion motion) =>
        Of(corners, vertices, edges, grid, minZMm, maxZMm, inverted, motion, InstructionSets.Current);

    /// <summary>As the other, along the given path: every path gives the same bits.</summary>
    internal static Turning Of(ReadOnlySpan<int> corners, VertexTable vertices, EdgeTable edges, LayerGrid grid, double minZMm, double maxZMm,
        bool inverted, in CornerMotion motion, InstructionSet set)
    {
        var first = grid.First(minZMm);
        var turning = new Turning(grid.First(maxZMm) - first);
        var planes = new int[vertices.Count];
        for (var v = 0; v < planes.Length; v++)
            planes[v] = grid.First(vertices[v].Z) - first;
        switch (set)
        {
            case InstructionSet.Avx512:
                turning.Add<Doubles512>(corners, vertices, edges, planes, inverted, motion);
                break;
            case InstructionSet.Avx2:
                turning.Add<Doubles256>(corners, vertices, edges, planes, inverted, motion);
                break;
            default:
                turning.Add<Doubles1>(corners, vertices, edges, planes, inverted, motion);
                break;
        }
        turning.Integrate();
        return turning;
    }

    /// <summary>Gathers edges in blocks: the bookkeeping is scalar, the arithmetic is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Add<T>(ReadOnlySpan<int> corners, VertexTable vertices, EdgeTable edges, int[] planes, bool inverted, in CornerMotion motion)
        where T : unmanaged, IDoubles<T>
    {
        var cuts = CornerBlock.Cuts<T>(corners, vertices);
        var block = stackalloc double[CornerBlock.Fields * CornerBlock.Size];
        var span = stackalloc int[2 * CornerBlock.Size];
        new Span<double>(block, CornerBlock.Fields * CornerBlock.Size).Clear();
        var filled = 0;
        foreach (var edge in edges)
        {
            // Only where exactly two faces meet the opposite way does one contour turn from the one into the other.
            if (edge.Uses != 2 || edge.Forward(0) == edge.Forward(1))
                continue;
            int ka = planes[edge.Low], kb = planes[edge.High];
            if (ka == kb)
                continue;
            // With the interior on its left, the contour leaves the face that walks the edge upwards and enters the one that walks it down.
            // Planes tell which end is higher: they differ, and rise with z.
            var up = edge.Forward(0) == kb > ka ? 0 : 1;
            CornerBlock.Put(block, filled, cuts[edge.Face(up)], cuts[edge.Face(1 - up)]);
            span[2 * filled] = Math.Min(ka, kb) * Stride;
            span[2 * filled + 1] = Math.Max(ka, kb) * Stride;
            if (++filled < CornerBlock.Size)
                continue;
            CornerBlock.Work<T>(block, inverted, motion);
            Scatter(block, span, filled);
            filled = 0;
        }
        CornerBlock.Work<T>(block, inverted, motion);
        Scatter(block, span, filled);
    }

    void Scatter(double* block, int* span, int count)
    {
        for (var i = 0; i < count; i++)
            for (var field = 0; field < Stride; field++)
                Step(span[2 * i], span[2 * i + 1], field, block[field * CornerBlock.Size + i]);
    }

    void Step(int low, int high, int field, double value)
    {
        var term = (long)Math.Round(value * (1L << Bits));
        _steps[low + field] += term;
        _steps[high + field] -= term;
    }

    void Integrate()
    {
        Span<long> sum = stackalloc long[Stride];
        for (var k = 0; k < Loops.Length; k++)
        {
            for (var f = 0; f < Stride; f++)
                sum[f] += _steps[k * Stride + f];
            Loops[k] = sum[0] * (1.0 / (1L << Bits)) / (2 * Math.PI);
            Inset[k] = sum[1] * (1.0 / (1L << Bits));
            OuterLossS[k] = sum[2] * (1.0 / (1L << Bits));
            InnerLossS[k] = sum[3] * (1.0 / (1L << Bits));
        }
    }

    /// <summary>One angle 0…π with this sine (≥ 0) and cosine; see <see cref="CornerBlock.AngleOf"/>.</summary>
    internal static double AngleOf(double sin, double cos) => CornerBlock.AngleOf(new Doubles1(sin), new Doubles1(cos)).Value;

    internal static double SinOf(double x) => CornerBlock.SinOf(new Doubles1(x)).Value;
}
