namespace Pricing.Geometry.Lanes;

/// <summary>
/// A row of float32 lanes, for sums that need no more than float32 per triangle: twice the lanes of <see cref="IDoubles{T}"/>, and roots
/// and quotients at a quarter of the price. The same promise: plain IEEE operations in the written order, so all widths give the same bits.
/// </summary>
unsafe interface IFloats<T>
    where T : unmanaged, IFloats<T>
{
    /// <summary>Lanes in a row: 16, 8 or 1.</summary>
    static abstract int Count { get; }

    static abstract T Load(float* source);

    static abstract T Of(float value);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T Sqrt(T a);

    static abstract T Min(T a, T b);

    static abstract T Max(T a, T b);

    static abstract T Abs(T a);

    /// <summary>Sets the sign bit where <paramref name="sign"/> has it.</summary>
    static abstract T OrSign(T value, T sign);

    /// <summary>Lane by lane: a &lt; b ? then : otherwise.</summary>
    static abstract T IfLess(T a, T b, T then, T otherwise);

    /// <summary>Lane by lane: a = 0 ? then : a.</summary>
    static abstract T OrIfZero(T a, T then);

    /// <summary>Nearest whole number towards zero.</summary>
    static abstract T Truncate(T a);

    /// <summary>Whole numbers below 2³¹ as integers, lane by lane in the order of <see cref="StoreRows"/>.</summary>
    static abstract void StoreIntegers(T a, int* target);

    /// <summary>
    /// Turns eight fields of <see cref="Count"/> lanes into rows of eight, in an order of lanes that spares shuffles: fields 0..3 of the k-th row
    /// are then at rows + 4·k, its fields 4..7 at rows + 4·(<see cref="Count"/> + k).
    /// </summary>
    static abstract void StoreRows(T f0, T f1, T f2, T f3, T f4, T f5, T f6, T f7, float* rows);

    /// <summary>Rounds a row's halves to the nearest integers, ties to even, and adds them to eight 64-bit integers. Values must be below 2⁶².</summary>
    static abstract void AddRow(float* low, float* high, long* sums);
}
