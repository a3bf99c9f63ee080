using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Lanes;

/// <summary>Sixteen lanes of float32 in one AVX-512 register.</summary>
readonly unsafe struct Floats512(Vector512<float> value) : IFloats<Floats512>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector512<float> _v = value;

    public static int Count => 16;

    [MethodImpl(Inline)] public static Floats512 Load(float* source) => new(Vector512.Load(source));
    [MethodImpl(Inline)] public static Floats512 Of(float value) => new(Vector512.Create(value));
    [MethodImpl(Inline)] public static Floats512 operator +(Floats512 a, Floats512 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Floats512 operator -(Floats512 a, Floats512 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Floats512 operator *(Floats512 a, Floats512 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Floats512 operator /(Floats512 a, Floats512 b) => new(a._v / b._v);
    [MethodImpl(Inline)] public static Floats512 Sqrt(Floats512 a) => new(Avx512F.Sqrt(a._v));
    [MethodImpl(Inline)] public static Floats512 Min(Floats512 a, Floats512 b) => new(Avx512F.Min(a._v, b._v));
    [MethodImpl(Inline)] public static Floats512 Max(Floats512 a, Floats512 b) => new(Avx512F.Max(a._v, b._v));
    [MethodImpl(Inline)] public static Floats512 Abs(Floats512 a) => new(Vector512.Abs(a._v));
    [MethodImpl(Inline)] public static Floats512 OrSign(Floats512 value, Floats512 sign) => new(value._v | (sign._v & Vector512.Create(-0f)));

    [MethodImpl(Inline)]
    public static Floats512 IfLess(Floats512 a, Floats512 b, Floats512 then, Floats512 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(a._v, b._v), then._v, otherwise._v));

    [MethodImpl(Inline)]
    public static Floats512 OrIfZero(Floats512 a, Floats512 then) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(a._v, Vector512<float>.Zero), then._v, a._v));

    [MethodImpl(Inline)] public static Floats512 Truncate(Floats512 a) => new(Avx512F.RoundScale(a._v, 0x0B));

    // Four lanes of each quarter after one another: the order in which the transposed rows come.
    [MethodImpl(Inline)]
    public static void StoreIntegers(Floats512 a, int* target) =>
        Vector512.Store(Avx512F.PermuteVar16x32(Avx512F.ConvertToVector512Int32WithTruncation(a._v),
            Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)), target);

    // Within each quarter of the register: four lanes by four fields, transposed.
    [MethodImpl(Inline)]
    public static void StoreRows(Floats512 f0, Floats512 f1, Floats512 f2, Floats512 f3, Floats512 f4, Floats512 f5, Floats512 f6, Floats512 f7, float* rows)
    {
        Transpose(f0._v, f1._v, f2._v, f3._v, rows);
        Transpose(f4._v, f5._v, f6._v, f7._v, rows + 64);

        [MethodImpl(Inline)]
        static void Transpose(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* to)
        {
            var abLow = Avx512F.UnpackLow(a, b).AsDouble();
            var abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
            var cdLow = Avx512F.UnpackLow(c, d).AsDouble();
            var cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
            Vector512.Store(Avx512F.UnpackLow(abLow, cdLow).AsSingle(), to);
            Vector512.Store(Avx512F.UnpackHigh(abLow, cdLow).AsSingle(), to + 16);
            Vector512.Store(Avx512F.UnpackLow(abHigh, cdHigh).AsSingle(), to + 32);
            Vector512.Store(Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle(), to + 48);
        }
    }

    [MethodImpl(Inline)]
    public static void AddRow(float* low, float* high, long* sums)
    {
        var row = Avx512F.ConvertToVector512Double(Vector256.Create(Vector128.Load(low), Vector128.Load(high)));
        Vector512.Store(Vector512.Load(sums) + Avx512DQ.ConvertToVector512Int64(row), sums);
    }
}
