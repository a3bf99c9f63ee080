using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>Sums over the contours of one layer.</summary>
struct ContourSums
{
    /// <summary>Length of all contours that bound the part, mm.</summary>
    public double LengthMm;

    /// <summary>Length of outer contours alone, mm.</summary>
    public double OuterMm;

    /// <summary>Area between the contours, mm²; shells that overlap count twice.</summary>
    public double EnclosedMm2;

    /// <summary>Seconds lost at corners by one wall at the outer and at the inner wall's speed.</summary>
    public double OuterLossS, InnerLossS;

    /// <summary>Outer contours and holes.</summary>
    public int Outer, Holes;

    /// <summary>Length of walls along contours so short that they are printed slowly.</summary>
    public double SmallOuterMm, SmallInnerMm;

    /// <summary>Neighbouring pieces disagree about which side is inside.</summary>
    public bool Inconsistent;
}

/// <summary>
/// Links pieces of a layer into contours: two triangles compute the crossing of their common edge from the same bits, so ends meet exactly and a hash
/// of the bits finds the partner. Ends left over (cracks) are joined to the nearest within <see cref="CrackMm"/>. All sums are in fixed point, so
/// neither the order of pieces nor where a contour begins changes a bit.
/// </summary>
sealed class Contours
{
    /// <summary>Ends of unwelded meshes are joined across gaps up to this.</summary>
    const double CrackMm = 0.02;

    /// <summary>Contours shorter than this are dust that the slicer drops.</summary>
    const double DustMm = 0.3;

    /// <summary>Walls along loops up to 2π · 6.5 mm go at the small-perimeter speed.</summary>
    const double SmallLoopMm = 40.840704496667314;

    /// <summary>Eight times the deviation at which the slicer straightens a curve (0.0125 mm): chord² = 8 · r · deviation.</summary>
    const double SmoothingMm = 0.1;
    const double FixedMm = 1 << 20;
    const double FixedS = 1L << 32;

    readonly RasterPlan _plan;
    readonly double _outerSpeed, _innerSpeed, _acceleration, _jerk, _outerDepthMm, _innerDepthMm;
    int[] _table = [];
    int[] _partner = [];
    bool[] _visited = [];
    readonly List<int> _crowded = [];
    readonly List<int> _loose = [];

    public Contours(RasterPlan plan, FdmProfile profile, in Beads beads)
    {
        _plan = plan;
        _outerSpeed = profile.ExternalPerimeterSpeedMmS;
        _innerSpeed = profile.PerimeterSpeedMmS;
        _acceleration = Math.Min(profile.PerimeterAccelerationMmS2, profile.ExtrudingAccelerationMaxMmS2);
        _jerk = profile.JerkMmS;
        _outerDepthMm = beads.OuterMm + 0.5 * beads.OuterSpacingMm;
        _innerDepthMm = 0.5 * (beads.SecondMm + beads.CoreMm);
    }

    /// <param name="segments">The pieces.</param>
    /// <param name="dropped">Pieces that lie inside the part, where shells overlap; duplicates are added.</param>
    public ContourSums Sum(ReadOnlySpan<Segment> segments, Span<bool> dropped)
    {
        var sums = new ContourSums();
        if (segments.Length == 0)
            return sums;
        Link(segments, dropped, ref sums);
        Walk(segments, dropped, ref sums);
        return sums;
    }

    // A slot is an end of a piece: 2 · piece, + 1 for its far end.

    static (float X, float Y) Point(ReadOnlySpan<Segment> segments, int slot)
    {
        ref readonly var s = ref segments[slot >> 1];
        return (slot & 1) == 0 ? (s.X0, s.Y0) : (s.X1, s.Y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Link(ReadOnlySpan<Segment> segments, ReadOnlySpan<bool> dropped, ref ContourSums sums)
    {
        var slots = 2 * segments.Length;
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)slots) * 2;
        if (_table.Length < capacity)
        {
            _table = new int[capacity];
            _partner = new int[capacity];
            _visited = new bool[capacity];
        }
        var mask = capacity - 1;
        Array.Fill(_table, -1, 0, capacity);
        Array.Fill(_partner, -1, 0, slots);
        _crowded.Clear();
        _loose.Clear();
        for (var slot = 0; slot < slots; slot++)
        {
            if (dropped[slot >> 1])
                continue;
            var (x, y) = Point(segments, slot);
            var hash = (BitConverter.SingleToUInt32Bits(x) * 0x9E3779B1u) ^ (BitConverter.SingleToUInt32Bits(y) * 0x85EBCA77u);
            var at = (int)((hash ^ (hash >> 15)) & (uint)mask);
            while (true)
            {
                var other = _table[at];
                if (other < 0)
                {
                    _table[at] = slot;
                    break;
                }
                if (Point(segments, other) == (x, y))
                {
                    if (_partner[other] < 0)
                    {
                        _partner[other] = slot;
                        _partner[slot] = other;
                    }
                    else
                    {
                        _crowded.Add(other);
                        _crowded.Add(slot);
                    }
                    break;
                }
                at = (at + 1) & mask;
            }
        }
        if (_crowded.Count > 0)
            PairCrowded(segments);
        for (var slot = 0; slot < slots; slot++)
        {
            var other = _partner[slot];
            if (other >= 0)
                sums.Inconsistent |= ((slot ^ other) & 1) == 0;
            else if (!dropped[slot >> 1])
                _loose.Add(slot);
        }
        if (_loose.Count > 1)
            PairLoose(segments);
    }

    /// <summary>Points where more than two pieces end: an arriving one goes on as a leaving one, in an order that only coordinates decide.</summary>
    void PairCrowded(ReadOnlySpan<Segment> segments)
    {
        for (int i = 0, n = _crowded.Count; i < n; i++)
            if (_partner[_crowded[i]] is >= 0 and var partner)
                _crowded.Add(partner);
        var keys = new (float X, float Y, int Kind, float FarX, float FarY, int Slot)[_crowded.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            var slot = _crowded[i];
            var (x, y) = Point(segments, slot);
            var (farX, farY) = Point(segments, slot ^ 1);
            keys[i] = (x, y, slot & 1, farX, farY, slot);
        }
        Array.Sort(keys);
        var crowd = new List<int>();
        for (var i = 0; i < keys.Length;)
        {
            crowd.Clear();
            var (x, y) = (keys[i].X, keys[i].Y);
            var arrivals = 0;
            for (; i < keys.Length && keys[i].X == x && keys[i].Y == y; i++)
            {
                if (crowd.Count > 0 && crowd[^1] == keys[i].Slot)
                    continue;
                crowd.Add(keys[i].Slot);
                arrivals += keys[i].Kind;
            }
            var leaving = crowd.Count - arrivals;
            foreach (var slot in crowd)
                _partner[slot] = -1;
            var pairs = Math.Min(arrivals, leaving);
            for (var p = 0; p < pairs; p++)
                Pair(crowd[p], crowd[leaving + p]);
            // More of one kind than of the other: neighbours disagree about the inside, or the mesh is open here.
            var rest = leaving > arrivals ? crowd[pairs..leaving] : crowd[(leaving + pairs)..];
            for (var p = 0; p + 1 < rest.Count; p += 2)
                Pair(rest[p], rest[p + 1]);
        }
    }

    void Pair(int a, int b)
    {
        _partner[a] = b;
        _partner[b] = a;
    }

    /// <summary>Ends that met no other: each is joined to the nearest loose end of the other kind close by.</summary>
    void PairLoose(ReadOnlySpan<Segment> segments)
    {
        var keys = new (float X, float Y, int Kind, float FarX, float FarY, int Slot)[_loose.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            var slot = _loose[i];
            var (x, y) = Point(segments, slot);
            var (farX, farY) = Point(segments, slot ^ 1);
            keys[i] = (x, y, slot & 1, farX, farY, slot);
        }
        Array.Sort(keys);
        for (var i = 0; i < keys.Length; i++)
        {
            if (_partner[keys[i].Slot] >= 0)
                continue;
            var best = -1;
            var nearest = CrackMm * CrackMm;
            for (var j = i + 1; j < keys.Length && keys[j].X - keys[i].X <= CrackMm; j++)
            {
                if (_partner[keys[j].Slot] >= 0 || keys[j].Kind == keys[i].Kind || keys[j].Slot >> 1 == keys[i].Slot >> 1)
                    continue;
                double dx = keys[j].X - keys[i].X, dy = keys[j].Y - keys[i].Y;
                if (dx * dx + dy * dy < nearest)
                {
                    nearest = dx * dx + dy * dy;
                    best = j;
                }
            }
            if (best >= 0)
                Pair(keys[i].Slot, keys[best].Slot);
        }
    }

    void Walk(ReadOnlySpan<Segment> segments, ReadOnlySpan<bool> dropped, ref ContourSums sums)
    {
        Array.Clear(_visited, 0, segments.Length);
        long length = 0, positiveLength = 0, outerLoss = 0, innerLoss = 0, smallOuter = 0, smallInner = 0, signed = 0;
        int positive = 0, negative = 0;
        long positiveOuter = 0, positiveInner = 0, negativeOuter = 0, negativeInner = 0;
        long wallOuterP = 0, wallInnerP = 0, wallOuterN = 0, wallInnerN = 0;

        // Open chains first, each from an open end, so that where a walk begins is a matter of geometry; then the closed ones.
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < segments.Length; i++)
            {
                if (_visited[i] || dropped[i])
                    continue;
                var entry = 0;
                if (pass == 0)
                {
                    if (_partner[2 * i] >= 0 && _partner[2 * i + 1] >= 0)
                        continue;
                    entry = _partner[2 * i] < 0 ? 0 : 1;
                }
                WalkOne(segments, 2 * i + entry, out var loop);
                length += loop.Length;
                positiveLength += loop.Area >= 0 ? loop.Length : 0;
                outerLoss += loop.OuterLoss;
                innerLoss += loop.InnerLoss;
                signed += loop.Area;
                if (loop.Length < DustMm * FixedMm)
                    continue;
                var mm = loop.Length / FixedMm;
                // As an outer contour its walls are shorter than it, as a hole longer: which it is is known when the layer is.
                Small(mm - 2 * Math.PI * _outerDepthMm, ref wallOuterP);
                Small(mm - 2 * Math.PI * _innerDepthMm, ref wallInnerP);
                Small(mm + 2 * Math.PI * _outerDepthMm, ref wallOuterN);
                Small(mm + 2 * Math.PI * _innerDepthMm, ref wallInnerN);
                if (loop.Area >= 0)
                {
                    positive++;
                    positiveOuter += wallOuterP;
                    positiveInner += wallInnerP;
                    negativeOuter += wallOuterN;
                    negativeInner += wallInnerN;
                }
                else
                {
                    negative++;
                    positiveOuter += wallOuterN;
                    positiveInner += wallInnerN;
                    negativeOuter += wallOuterP;
                    negativeInner += wallInnerP;
                }
            }
        }
        // A layer whose signed area is negative belongs to a mesh turned inside out.
        (sums.Outer, sums.Holes) = signed >= 0 ? (positive, negative) : (negative, positive);
        (smallOuter, smallInner) = signed >= 0 ? (positiveOuter, positiveInner) : (negativeOuter, negativeInner);
        sums.LengthMm = length / FixedMm;
        sums.EnclosedMm2 = Math.Abs(signed) / FixedMm;
        sums.OuterMm = (signed >= 0 ? positiveLength : length - positiveLength) / FixedMm;
        sums.OuterLossS = outerLoss / FixedS;
        sums.InnerLossS = innerLoss / FixedS;
        sums.SmallOuterMm = smallOuter / FixedMm;
        sums.SmallInnerMm = smallInner / FixedMm;
    }

    static void Small(double wallMm, ref long fixedMm) => fixedMm = wallMm is > 0 and <= SmallLoopMm ? (long)(wallMm * FixedMm) : 0;

    struct Loop
    {
        public long Length, Area, OuterLoss, InnerLoss;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void WalkOne(ReadOnlySpan<Segment> segments, int entrySlot, out Loop loop)
    {
        loop = default;
        var entry = entrySlot;
        double beforeX = 0, beforeY = 0, beforeLength = 0;
        var first = true;
        while (true)
        {
            ref readonly var s = ref segments[entry >> 1];
            var again = _visited[entry >> 1];
            double dx = (double)s.X1 - s.X0, dy = (double)s.Y1 - s.Y0;
            var length = Math.Sqrt(dx * dx + dy * dy);
            if ((entry & 1) != 0)
                (dx, dy) = (-dx, -dy);
            dx /= length;
            dy /= length;
            if (!first)
                AddCorner(beforeX, beforeY, beforeLength, dx, dy, length, ref loop);
            if (again)
                return;
            _visited[entry >> 1] = true;
            loop.Length += (long)(length * FixedMm + 0.5);
            loop.Area += (long)Math.Round(0.5 * ((double)s.X0 * s.Y1 - (double)s.X1 * s.Y0) * FixedMm);
            first = false;
            (beforeX, beforeY, beforeLength) = (dx, dy, length);
            var next = _partner[entry ^ 1];
            if (next < 0)
                return;
            entry = next;
        }
    }

    /// <summary>
    /// What a planner loses between two pieces. The slicer joins short chords of a curve into longer ones with a sharper corner; each corner of ours
    /// is then a share of one of those.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void AddCorner(double fromX, double fromY, double fromLength, double toX, double toY, double toLength, ref Loop loop)
    {
        double mx = toX - fromX, my = toY - fromY;
        var chord2 = mx * mx + my * my;
        if (chord2 < 1e-12)
            return;
        var sin = Math.Abs(fromX * toY - fromY * toX);
        var angle = Motion.AngleOf(sin, fromX * toX + fromY * toY);
        var mean = 0.5 * (fromLength + toLength);
        var sharp = Math.Max(angle, Math.Min(Math.Sqrt(SmoothingMm * angle / mean), 1.57));
        var share = angle / sharp;
        // Jerk is per axis of the machine, so turn the change of direction back.
        var machineX = Math.Abs(mx * _plan.Cos - my * _plan.Sin);
        var machineY = Math.Abs(mx * _plan.Sin + my * _plan.Cos);
        var jump = (sharp == angle ? 1 : 2 * Motion.Sin(0.5 * sharp) / Math.Sqrt(chord2)) * Math.Max(machineX, machineY);
        loop.OuterLoss += (long)(share * CornerS(mean / share, _outerSpeed, jump) * FixedS + 0.5);
        loop.InnerLoss += (long)(share * CornerS(mean / share, _innerSpeed, jump) * FixedS + 0.5);
    }

    /// <summary>Seconds lost by slowing down to a corner and speeding up again within a length.</summary>
    double CornerS(double lengthMm, double speed, double jump) =>
        speed * jump <= _jerk ? 0 : Motion.LineS(lengthMm, speed, _jerk / jump, _acceleration) - lengthMm / speed;
}
