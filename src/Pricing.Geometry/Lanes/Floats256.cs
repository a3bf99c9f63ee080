using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Lanes;

/// <summary>Eight lanes of float32 in one AVX2 register.</summary>
readonly unsafe struct Floats256(Vector256<float> value) : IFloats<Floats256>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector256<float> _v = value;

    public static int Count => 8;

    [MethodImpl(Inline)] public static Floats256 Load(float* source) => new(Vector256.Load(source));
    [MethodImpl(Inline)] public static Floats256 Of(float value) => new(Vector256.Create(value));
    [MethodImpl(Inline)] public static Floats256 operator +(Floats256 a, Floats256 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Floats256 operator -(Floats256 a, Floats256 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Floats256 operator *(Floats256 a, Floats256 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Floats256 operator /(Floats256 a, Floats256 b) => new(a._v / b._v);
    [MethodImpl(Inline)] public static Floats256 Sqrt(Floats256 a) => new(Avx.Sqrt(a._v));
    [MethodImpl(Inline)] public static Floats256 Min(Floats256 a, Floats256 b) => new(Avx.Min(a._v, b._v));
    [MethodImpl(Inline)] public static Floats256 Max(Floats256 a, Floats256 b) => new(Avx.Max(a._v, b._v));
    [MethodImpl(Inline)] public static Floats256 Abs(Floats256 a) => new(Vector256.Abs(a._v));
    [MethodImpl(Inline)] public static Floats256 OrSign(Floats256 value, Floats256 sign) => new(value._v | (sign._v & Vector256.Create(-0f)));

    [MethodImpl(Inline)]
    public static Floats256 IfLess(Floats256 a, Floats256 b, Floats256 then, Floats256 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(a._v, b._v), then._v, otherwise._v));

    [MethodImpl(Inline)]
    public static Floats256 OrIfZero(Floats256 a, Floats256 then) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(a._v, Vector256<float>.Zero), then._v, a._v));

    [MethodImpl(Inline)] public static Floats256 Truncate(Floats256 a) => new(Avx.RoundToZero(a._v));

    // The two halves' lanes in turn: the order in which the transposed rows come.
    [MethodImpl(Inline)]
    public static void StoreIntegers(Floats256 a, int* target) =>
        Vector256.Store(Avx2.PermuteVar8x32(Avx.ConvertToVector256Int32WithTruncation(a._v), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)), target);

    [MethodImpl(Inline)]
    public static void StoreRows(Floats256 f0, Floats256 f1, Floats256 f2, Floats256 f3, Floats256 f4, Floats256 f5, Floats256 f6, Floats256 f7, float* rows)
    {
        Transpose(f0._v, f1._v, f2._v, f3._v, rows);
        Transpose(f4._v, f5._v, f6._v, f7._v, rows + 32);

        [MethodImpl(Inline)]
        static void Transpose(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* to)
        {
            var abLow = Avx.UnpackLow(a, b).AsDouble();
            var abHigh = Avx.UnpackHigh(a, b).AsDouble();
            var cdLow = Avx.UnpackLow(c, d).AsDouble();
            var cdHigh = Avx.UnpackHigh(c, d).AsDouble();
            Vector256.Store(Avx.UnpackLow(abLow, cdLow).AsSingle(), to);
            Vector256.Store(Avx.UnpackHigh(abLow, cdLow).AsSingle(), to + 8);
            Vector256.Store(Avx.UnpackLow(abHigh, cdHigh).AsSingle(), to + 16);
            Vector256.Store(Avx.UnpackHigh(abHigh, cdHigh).AsSingle(), to + 24);
        }
    }

    [MethodImpl(Inline)]
    public static void AddRow(float* low, float* high, long* sums)
    {
        AddHalf(low, sums);
        AddHalf(high, sums + 4);

        // AVX2 has no conversion to 64-bit integers: whole multiples of 2³² first, then the exact rest. An even multiple leaves ties as they are.
        [MethodImpl(Inline)]
        static void AddHalf(float* half, long* sums)
        {
            var magic = Vector256.Create(FixedPoint.Magic);
            var value = Avx.ConvertToVector256Double(Vector128.Load(half));
            var multiples = value * Vector256.Create(1.0 / (1L << 32)) + magic;
            var rest = value - (multiples - magic) * Vector256.Create((double)(1L << 32)) + magic;
            // The magic bits of the multiples fall off at the top.
            var sum = (multiples.AsInt64() << 32) + rest.AsInt64() - Vector256.Create(FixedPoint.MagicBits);
            Vector256.Store(Vector256.Load(sums) + sum, sums);
        }
    }
}
