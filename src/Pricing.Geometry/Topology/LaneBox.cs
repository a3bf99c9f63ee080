using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Topology;

/// <summary>An axis-aligned box as two vectors, the fourth lane unused: one comparison tells whether two boxes meet.</summary>
readonly struct LaneBox(Vector128<float> min, Vector128<float> max)
{
    public readonly Vector128<float> Min = min, Max = max;

    /// <summary>Meets nothing; united with a box it is that box.</summary>
    public static LaneBox Empty => new(Vector128.Create(float.PositiveInfinity), Vector128.Create(float.NegativeInfinity));

    public bool IsEmpty => Min[0] > Max[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Meets(in LaneBox other) =>
        Vector128.LessThanOrEqualAll(Min, other.Max) && Vector128.LessThanOrEqualAll(other.Min, Max);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneBox With(in LaneBox other) => new(Vector128.Min(Min, other.Min), Vector128.Max(Max, other.Max));

    public static LaneBox Of(in Point3 a, in Point3 b) => new(
        Vector128.Create((float)Math.Min(a.X, b.X), (float)Math.Min(a.Y, b.Y), (float)Math.Min(a.Z, b.Z), 0),
        Vector128.Create((float)Math.Max(a.X, b.X), (float)Math.Max(a.Y, b.Y), (float)Math.Max(a.Z, b.Z), 0));
}
