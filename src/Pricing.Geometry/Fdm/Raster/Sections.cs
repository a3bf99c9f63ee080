using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>A straight piece of a contour in the turned frame, the part on its left.</summary>
struct Segment
{
    public float X0, Y0, X1, Y1;
}

/// <summary>
/// Cuts triangles at the planes of the layers. A plane cuts a triangle whose vertices are partly below it, partly on or above it: the slicer's rule, under
/// which a triangle owns its upper edge and not its lower one. So no vertex counts twice, and a plane that holds a whole facet shows the section just below.
/// </summary>
sealed class Sections
{
    readonly float[] _planes;
    readonly double _minZ;
    readonly RasterPlan _plan;

    public Sections(float[] planes, double minZ, RasterPlan plan)
    {
        _planes = planes;
        _minZ = minZ;
        _plan = plan;
        PerMm = planes.Length > 1 ? (planes.Length - 1) / ((double)planes[^1] - planes[0]) : 1;
    }

    double PerMm { get; }

    public float Height(float z) => (float)(z - _minZ);

    /// <summary>Index of the first plane at or above a height.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FirstAtOrAbove(float height)
    {
        var guess = (height - (double)_planes[0]) * PerMm;
        var k = guess <= 0 ? 0 : guess >= _planes.Length ? _planes.Length : (int)guess;
        while (k > 0 && _planes[k - 1] >= height)
            k--;
        while (k < _planes.Length && _planes[k] < height)
            k++;
        return k;
    }

    /// <summary>Planes that may cut a triangle: from, to (inclusive).</summary>
    public (int First, int Last) Span(ReadOnlySpan<float> t)
    {
        float a = Height(t[2]), b = Height(t[5]), c = Height(t[8]);
        var low = Math.Min(a, Math.Min(b, c));
        var high = Math.Max(a, Math.Max(b, c));
        var first = FirstAtOrAbove(low);
        var last = FirstAtOrAbove(high);
        if (last == _planes.Length || _planes[last] > high)
            last--;
        return (first, last);
    }

    /// <summary>The piece of a triangle on plane k; false when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe bool Cut(float* t, int k, out Segment segment)
    {
        segment = default;
        var z = _planes[k];
        float az = (float)(t[2] - _minZ), bz = (float)(t[5] - _minZ), cz = (float)(t[8] - _minZ);
        bool a = az < z, b = bz < z, c = cz < z;
        if (a == b && b == c)
            return false;
        // Seen from outside the section runs from the edge that comes down to the edge that goes up.
        if (a != b)
            Cross(t, az, t + 3, bz, z, a, ref segment);
        if (b != c)
            Cross(t + 3, bz, t + 6, cz, z, b, ref segment);
        if (c != a)
            Cross(t + 6, cz, t, az, z, c, ref segment);
        return segment.X0 != segment.X1 || segment.Y0 != segment.Y1;
    }

    /// <summary>Where an edge meets the plane, computed from its lower end, so both triangles of the edge find the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    unsafe void Cross(float* from, float fromZ, float* to, float toZ, float z, bool up, ref Segment segment)
    {
        if (!up)
        {
            var lower = to;
            to = from;
            from = lower;
            (fromZ, toZ) = (toZ, fromZ);
        }
        var share = ((double)z - fromZ) / ((double)toZ - fromZ);
        var x = from[0] + share * ((double)to[0] - from[0]) - _plan.PivotX;
        var y = from[1] + share * ((double)to[1] - from[1]) - _plan.PivotY;
        // + 0f turns a negative zero into a positive one: ends are compared by their bits.
        var turnedX = (float)(x * _plan.Cos + y * _plan.Sin) + 0f;
        var turnedY = (float)(y * _plan.Cos - x * _plan.Sin) + 0f;
        if (up)
        {
            segment.X1 = turnedX;
            segment.Y1 = turnedY;
        }
        else
        {
            segment.X0 = turnedX;
            segment.Y0 = turnedY;
        }
    }
}
