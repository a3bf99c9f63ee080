using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Lanes;

/// <summary>Eight lanes of float64 in one AVX-512 register.</summary>
readonly unsafe struct Doubles512(Vector512<double> value) : IDoubles<Doubles512>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector512<double> _v = value;

    public static int Count => 8;

    [MethodImpl(Inline)] public static Doubles512 Widen(float* source) => new(Avx512F.ConvertToVector512Double(Vector256.Load(source)));
    [MethodImpl(Inline)] public static Doubles512 Load(double* source) => new(Vector512.Load(source));
    [MethodImpl(Inline)] public static Doubles512 Of(double value) => new(Vector512.Create(value));
    [MethodImpl(Inline)] public static Doubles512 operator +(Doubles512 a, Doubles512 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Doubles512 operator -(Doubles512 a, Doubles512 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Doubles512 operator *(Doubles512 a, Doubles512 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Doubles512 operator /(Doubles512 a, Doubles512 b) => new(a._v / b._v);
    [MethodImpl(Inline)] public static Doubles512 Sqrt(Doubles512 a) => new(Avx512F.Sqrt(a._v));
    [MethodImpl(Inline)] public static Doubles512 Min(Doubles512 a, Doubles512 b) => new(Avx512F.Min(a._v, b._v));
    [MethodImpl(Inline)] public static Doubles512 Max(Doubles512 a, Doubles512 b) => new(Avx512F.Max(a._v, b._v));
    [MethodImpl(Inline)] public static Doubles512 Ceiling(Doubles512 a) => new(Avx512F.RoundScale(a._v, 0x0A));

    [MethodImpl(Inline)]
    public static Doubles512 IfLess(Doubles512 a, Doubles512 b, Doubles512 then, Doubles512 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(a._v, b._v), then._v, otherwise._v));

    [MethodImpl(Inline)]
    public static uint LessMask(Doubles512 a, Doubles512 b) => (uint)Vector512.LessThan(a._v, b._v).ExtractMostSignificantBits();

    [MethodImpl(Inline)] public static void Store(Doubles512 value, double* target) => Vector512.Store(value._v, target);

    [MethodImpl(Inline)]
    public static Doubles512 AddBits(Doubles512 sum, Doubles512 value) => new((sum._v.AsInt64() + value._v.AsInt64()).AsDouble());

    [MethodImpl(Inline)] public static long SumBits(Doubles512 sum) => Vector512.Sum(sum._v.AsInt64());

    [MethodImpl(Inline)]
    public static void AddSpread(long* sums, long first, long second, long third, long bias, long* masks)
    {
        var spread = Avx512F.PermuteVar8x64((Vector256.Create(Vector128.Create(first, second), Vector128.CreateScalarUnsafe(third)) - Vector256.Create(bias)).ToVector512Unsafe(), Vector512.Create(0L, 1, 1, 1, 2, 2, 2, 2));
        (Vector512.Load(sums) + (spread & Vector512.Load(masks))).Store(sums);
    }
}

/// <summary>Sixteen lanes of uint32 in one AVX-512 register.</summary>
readonly unsafe struct Words512(Vector512<uint> value) : IWords<Words512>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector512<uint> _v = value;

    public static int Count => 16;

    // Adding +0 turns −0 into +0 and nothing else.
    [MethodImpl(Inline)] public static Words512 Bits(float* source) => new((Vector512.Load(source) + Vector512<float>.Zero).AsUInt32());
    [MethodImpl(Inline)] public static Words512 Of(uint value) => new(Vector512.Create(value));
    [MethodImpl(Inline)] public static Words512 operator +(Words512 a, Words512 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Words512 operator -(Words512 a, Words512 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Words512 operator *(Words512 a, Words512 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Words512 operator ^(Words512 a, Words512 b) => new(a._v ^ b._v);
    [MethodImpl(Inline)] public static Words512 ShiftRight(Words512 a, int bits) => new(a._v >>> bits);
    [MethodImpl(Inline)] public static uint Sum(Words512 a) => Vector512.Sum(a._v);
}
