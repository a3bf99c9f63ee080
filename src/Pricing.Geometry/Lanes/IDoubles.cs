namespace Pricing.Geometry.Lanes;

/// <summary>
/// A row of float64 lanes. A kernel is written once against this and compiled for 8, 4 and 1 lanes; since each lane only ever sees
/// plain IEEE operations in the written order, all widths give the same bits.
/// </summary>
/// <remarks>No fused multiply-add, no reciprocal or root estimates, no horizontal float sums: those would differ between widths.</remarks>
unsafe interface IDoubles<T>
    where T : unmanaged, IDoubles<T>
{
    /// <summary>Lanes in a row: 8, 4 or 1.</summary>
    static abstract int Count { get; }

    /// <summary>Reads <see cref="Count"/> float32 values and widens them (exact).</summary>
    static abstract T Widen(float* source);

    /// <summary>Reads <see cref="Count"/> values.</summary>
    static abstract T Load(double* source);

    static abstract T Of(double value);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T Sqrt(T a);

    static abstract T Min(T a, T b);

    static abstract T Max(T a, T b);

    /// <summary>Smallest integer not below, lane by lane.</summary>
    static abstract T Ceiling(T a);

    /// <summary>Lane by lane: a &lt; b ? then : otherwise.</summary>
    static abstract T IfLess(T a, T b, T then, T otherwise);

    /// <summary>Bit i is set when a &lt; b in lane i.</summary>
    static abstract uint LessMask(T a, T b);

    static abstract void Store(T value, double* target);

    /// <summary>Adds the raw 64-bit patterns as integers. With <see cref="FixedPoint.Magic"/> added beforehand this sums fixed-point numbers exactly.</summary>
    static abstract T AddBits(T sum, T value);

    /// <summary>Sum of the raw 64-bit patterns over the lanes, modulo 2⁶⁴.</summary>
    static abstract long SumBits(T sum);

    /// <summary>Adds three integers, less the bias, to eight sums: the first to [0], the second to [1..3], the third to [4..7], each under its mask.</summary>
    static abstract void AddSpread(long* sums, long first, long second, long third, long bias, long* masks);
}

/// <summary>A row of uint32 lanes for hashing float patterns.</summary>
unsafe interface IWords<T>
    where T : unmanaged, IWords<T>
{
    static abstract int Count { get; }

    /// <summary>The bit patterns of float32 values, with −0 read as +0.</summary>
    static abstract T Bits(float* source);

    static abstract T Of(uint value);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator ^(T a, T b);

    static abstract T ShiftRight(T a, int bits);

    /// <summary>Sum of the lanes, modulo 2³².</summary>
    static abstract uint Sum(T a);
}

/// <summary>Rounding to fixed point by addition.</summary>
static class FixedPoint
{
    /// <summary>1.5 × 2⁵²: adding it to |x| &lt; 2⁵¹ rounds x to an integer, ties to even, and leaves that integer in the low bits.</summary>
    public const double Magic = 6755399441055744.0;

    /// <summary>Bit pattern of <see cref="Magic"/>, to be taken off again.</summary>
    public const long MagicBits = 0x4338000000000000;
}
