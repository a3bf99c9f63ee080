using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Lanes;

/// <summary>One lane of float32: the portable path, the same operations in the same order.</summary>
readonly unsafe struct Floats1(float value) : IFloats<Floats1>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly float _v = value;

    public static int Count => 1;

    [MethodImpl(Inline)] public static Floats1 Load(float* source) => new(*source);
    [MethodImpl(Inline)] public static Floats1 Of(float value) => new(value);
    [MethodImpl(Inline)] public static Floats1 operator +(Floats1 a, Floats1 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Floats1 operator -(Floats1 a, Floats1 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Floats1 operator *(Floats1 a, Floats1 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Floats1 operator /(Floats1 a, Floats1 b) => new(a._v / b._v);
    [MethodImpl(Inline)] public static Floats1 Sqrt(Floats1 a) => new(MathF.Sqrt(a._v));
    [MethodImpl(Inline)] public static Floats1 Min(Floats1 a, Floats1 b) => a._v < b._v ? a : b;
    [MethodImpl(Inline)] public static Floats1 Max(Floats1 a, Floats1 b) => a._v > b._v ? a : b;
    [MethodImpl(Inline)] public static Floats1 Abs(Floats1 a) => new(MathF.Abs(a._v));

    [MethodImpl(Inline)]
    public static Floats1 OrSign(Floats1 value, Floats1 sign) =>
        new(BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value._v) | (BitConverter.SingleToUInt32Bits(sign._v) & 0x80000000)));

    [MethodImpl(Inline)] public static Floats1 IfLess(Floats1 a, Floats1 b, Floats1 then, Floats1 otherwise) => a._v < b._v ? then : otherwise;
    [MethodImpl(Inline)] public static Floats1 OrIfZero(Floats1 a, Floats1 then) => a._v == 0 ? then : a;
    [MethodImpl(Inline)] public static Floats1 Truncate(Floats1 a) => new(MathF.Truncate(a._v));
    [MethodImpl(Inline)] public static void StoreIntegers(Floats1 a, int* target) => *target = (int)a._v;

    [MethodImpl(Inline)]
    public static void StoreRows(Floats1 f0, Floats1 f1, Floats1 f2, Floats1 f3, Floats1 f4, Floats1 f5, Floats1 f6, Floats1 f7, float* rows)
    {
        rows[0] = f0._v;
        rows[1] = f1._v;
        rows[2] = f2._v;
        rows[3] = f3._v;
        rows[4] = f4._v;
        rows[5] = f5._v;
        rows[6] = f6._v;
        rows[7] = f7._v;
    }

    [MethodImpl(Inline)]
    public static void AddRow(float* low, float* high, long* sums)
    {
        for (var i = 0; i < 4; i++)
        {
            sums[i] += (long)MathF.Round(low[i]);
            sums[4 + i] += (long)MathF.Round(high[i]);
        }
    }
}
