using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Lanes;

/// <summary>Four lanes of float64 in one AVX2 register.</summary>
readonly unsafe struct Doubles256(Vector256<double> value) : IDoubles<Doubles256>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector256<double> _v = value;

    public static int Count => 4;

    [MethodImpl(Inline)] public static Doubles256 Widen(float* source) => new(Avx.ConvertToVector256Double(Vector128.Load(source)));
    [MethodImpl(Inline)] public static Doubles256 Load(double* source) => new(Vector256.Load(source));
    [MethodImpl(Inline)] public static Doubles256 Of(double value) => new(Vector256.Create(value));
    [MethodImpl(Inline)] public static Doubles256 operator +(Doubles256 a, Doubles256 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Doubles256 operator -(Doubles256 a, Doubles256 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Doubles256 operator *(Doubles256 a, Doubles256 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Doubles256 operator /(Doubles256 a, Doubles256 b) => new(a._v / b._v);
    [MethodImpl(Inline)] public static Doubles256 Sqrt(Doubles256 a) => new(Avx.Sqrt(a._v));
    [MethodImpl(Inline)] public static Doubles256 Min(Doubles256 a, Doubles256 b) => new(Avx.Min(a._v, b._v));
    [MethodImpl(Inline)] public static Doubles256 Max(Doubles256 a, Doubles256 b) => new(Avx.Max(a._v, b._v));
    [MethodImpl(Inline)] public static Doubles256 Ceiling(Doubles256 a) => new(Avx.Ceiling(a._v));

    [MethodImpl(Inline)]
    public static Doubles256 IfLess(Doubles256 a, Doubles256 b, Doubles256 then, Doubles256 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(a._v, b._v), then._v, otherwise._v));

    [MethodImpl(Inline)]
    public static uint LessMask(Doubles256 a, Doubles256 b) => (uint)Vector256.LessThan(a._v, b._v).ExtractMostSignificantBits();

    [MethodImpl(Inline)] public static void Store(Doubles256 value, double* target) => Vector256.Store(value._v, target);

    [MethodImpl(Inline)]
    public static Doubles256 AddBits(Doubles256 sum, Doubles256 value) => new((sum._v.AsInt64() + value._v.AsInt64()).AsDouble());

    [MethodImpl(Inline)] public static long SumBits(Doubles256 sum) => Vector256.Sum(sum._v.AsInt64());

    [MethodImpl(Inline)]
    public static void AddSpread(long* sums, long first, long second, long third, long bias, long* masks)
    {
        var low = Avx2.Permute4x64((Vector128.Create(first, second) - Vector128.Create(bias)).ToVector256Unsafe(), 0b01_01_01_00) & Vector256.Load(masks);
        var high = Vector256.Create(third - bias) & Vector256.Load(masks + 4);
        (Vector256.Load(sums) + low).Store(sums);
        (Vector256.Load(sums + 4) + high).Store(sums + 4);
    }
}

/// <summary>Eight lanes of uint32 in one AVX2 register.</summary>
readonly unsafe struct Words256(Vector256<uint> value) : IWords<Words256>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector256<uint> _v = value;

    public static int Count => 8;

    // Adding +0 turns −0 into +0 and nothing else.
    [MethodImpl(Inline)] public static Words256 Bits(float* source) => new((Vector256.Load(source) + Vector256<float>.Zero).AsUInt32());
    [MethodImpl(Inline)] public static Words256 Of(uint value) => new(Vector256.Create(value));
    [MethodImpl(Inline)] public static Words256 operator +(Words256 a, Words256 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Words256 operator -(Words256 a, Words256 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Words256 operator *(Words256 a, Words256 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Words256 operator ^(Words256 a, Words256 b) => new(a._v ^ b._v);
    [MethodImpl(Inline)] public static Words256 ShiftRight(Words256 a, int bits) => new(a._v >>> bits);
    [MethodImpl(Inline)] public static uint Sum(Words256 a) => Vector256.Sum(a._v);
}
