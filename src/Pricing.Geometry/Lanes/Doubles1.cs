using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Lanes;

/// <summary>One lane of float64: the portable path, the same operations in the same order.</summary>
readonly unsafe struct Doubles1(double value) : IDoubles<Doubles1>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly double _v = value;

    public double Value => _v;

    public static int Count => 1;

    [MethodImpl(Inline)] public static Doubles1 Widen(float* source) => new(*source);
    [MethodImpl(Inline)] public static Doubles1 Load(double* source) => new(*source);
    [MethodImpl(Inline)] public static Doubles1 Of(double value) => new(value);
    [MethodImpl(Inline)] public static Doubles1 operator +(Doubles1 a, Doubles1 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Doubles1 operator -(Doubles1 a, Doubles1 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Doubles1 operator *(Doubles1 a, Doubles1 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Doubles1 operator /(Doubles1 a, Doubles1 b) => new(a._v / b._v);
    [MethodImpl(Inline)] public static Doubles1 Sqrt(Doubles1 a) => new(Math.Sqrt(a._v));

    // As minpd and maxpd define them (the second operand wins a tie); operands are finite, and no result depends on the sign of a zero.
    [MethodImpl(Inline)] public static Doubles1 Min(Doubles1 a, Doubles1 b) => a._v < b._v ? a : b;
    [MethodImpl(Inline)] public static Doubles1 Max(Doubles1 a, Doubles1 b) => a._v > b._v ? a : b;
    [MethodImpl(Inline)] public static Doubles1 Ceiling(Doubles1 a) => new(Math.Ceiling(a._v));
    [MethodImpl(Inline)] public static Doubles1 IfLess(Doubles1 a, Doubles1 b, Doubles1 then, Doubles1 otherwise) => a._v < b._v ? then : otherwise;
    [MethodImpl(Inline)] public static uint LessMask(Doubles1 a, Doubles1 b) => a._v < b._v ? 1u : 0u;
    [MethodImpl(Inline)] public static void Store(Doubles1 value, double* target) => *target = value._v;

    [MethodImpl(Inline)]
    public static Doubles1 AddBits(Doubles1 sum, Doubles1 value) =>
        new(BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(sum._v) + BitConverter.DoubleToInt64Bits(value._v)));

    [MethodImpl(Inline)] public static long SumBits(Doubles1 sum) => BitConverter.DoubleToInt64Bits(sum._v);

    [MethodImpl(Inline)]
    public static void AddSpread(long* sums, long first, long second, long third, long bias, long* masks)
    {
        first -= bias;
        second -= bias;
        third -= bias;
        sums[0] += first & masks[0];
        sums[1] += second & masks[1];
        // Most masks are empty, and a lane at a time may branch.
        if ((masks[2] | masks[3]) != 0)
        {
            sums[2] += second & masks[2];
            sums[3] += second & masks[3];
        }
        for (var i = 4; i < 8; i++)
            if (masks[i] != 0)
                sums[i] += third & masks[i];
    }
}

/// <summary>One lane of uint32.</summary>
readonly unsafe struct Words1(uint value) : IWords<Words1>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly uint _v = value;

    public static int Count => 1;

    [MethodImpl(Inline)] public static Words1 Bits(float* source) => new(BitConverter.SingleToUInt32Bits(*source == 0 ? 0f : *source));
    [MethodImpl(Inline)] public static Words1 Of(uint value) => new(value);
    [MethodImpl(Inline)] public static Words1 operator +(Words1 a, Words1 b) => new(a._v + b._v);
    [MethodImpl(Inline)] public static Words1 operator -(Words1 a, Words1 b) => new(a._v - b._v);
    [MethodImpl(Inline)] public static Words1 operator *(Words1 a, Words1 b) => new(a._v * b._v);
    [MethodImpl(Inline)] public static Words1 operator ^(Words1 a, Words1 b) => new(a._v ^ b._v);
    [MethodImpl(Inline)] public static Words1 ShiftRight(Words1 a, int bits) => new(a._v >> bits);
    [MethodImpl(Inline)] public static uint Sum(Words1 a) => a._v;
}
