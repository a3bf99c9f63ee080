using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Mesh;

/// <summary>Receives full tiles (and one partial tile at the end) in file order. May keep the tile only by returning another one to fill.</summary>
public interface ITileConsumer
{
    /// <summary>Takes a tile with its tail cleared; answers the tile to fill next (the same one when the work is done on the spot).</summary>
    TriangleTile Accept(TriangleTile tile);
}

/// <summary>
/// Where decoders put triangles: applies unit and scale in double, rounds once to float32, refuses non-finite and far coordinates,
/// counts triangles against the limit, hands full tiles on.
/// </summary>
public sealed class TileWriter
{
    readonly ITileConsumer _consumer;
    readonly IRecordSums? _known;
    readonly ContentCutter? _cutter;

    // Records of a chunk whose end has not come yet.
    readonly byte[] _carry = [];
    int _carried;
    TriangleTile _tile;
    int _count;

    /// <param name="consumer">Takes full tiles.</param>
    /// <param name="tile">The first tile to fill.</param>
    public TileWriter(ITileConsumer consumer, TriangleTile tile)
    {
        _consumer = consumer;
        _tile = tile;
    }

    /// <summary>A writer that cuts records by content and asks for what is known of them before it decodes.</summary>
    internal TileWriter(ITileConsumer consumer, TriangleTile tile, IRecordSums? known)
        : this(consumer, tile)
    {
        if (known is null)
            return;
        _known = known;
        _cutter = new(CutRule.ForTriangles(TriangleTile.PerChunk * TriangleTile.Capacity));
        _carry = new byte[TriangleTile.PerChunk * TriangleTile.Capacity * StlRecord.Bytes];
    }

    /// <summary>Millimetres per file unit times scale. Set before the first triangle, by the decoder, once the unit is known.</summary>
    public double Factor { get; set; } = 1;

    /// <summary>Triangles handed on so far; after <see cref="Complete"/> all of them.</summary>
    public long Triangles { get; private set; }

    /// <summary>Scales and rounds one coordinate: multiplied in double, rounded once to float32.</summary>
    public float Scale(double coordinate) => (float)(coordinate * Factor);

    /// <summary>Adds a triangle whose coordinates are already scaled (see <see cref="Scale"/>), in mm.</summary>
    public void Add(float ax, float ay, float az, float bx, float by, float bz, float cx, float cy, float cz)
    {
        var i = _count;
        var lanes = _tile.Lanes;
        lanes[i] = ax;
        lanes[TriangleTile.Capacity + i] = ay;
        lanes[2 * TriangleTile.Capacity + i] = az;
        lanes[3 * TriangleTile.Capacity + i] = bx;
        lanes[4 * TriangleTile.Capacity + i] = by;
        lanes[5 * TriangleTile.Capacity + i] = bz;
        lanes[6 * TriangleTile.Capacity + i] = cx;
        lanes[7 * TriangleTile.Capacity + i] = cy;
        lanes[8 * TriangleTile.Capacity + i] = cz;
        if (++_count == TriangleTile.Capacity)
            Flush();
    }

    /// <summary>Adds a triangle whose corners x, y, z are the first three elements: the bulk path of the text formats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(Vector128<float> a, Vector128<float> b, Vector128<float> c)
    {
        // _count is below the capacity, so no store leaves the nine lanes.
        ref var lane = ref Unsafe.Add(ref MemoryMarshal.GetReference(_tile.Lanes), _count);
        lane = a.GetElement(0);
        Unsafe.Add(ref lane, TriangleTile.Capacity) = a.GetElement(1);
        Unsafe.Add(ref lane, 2 * TriangleTile.Capacity) = a.GetElement(2);
        Unsafe.Add(ref lane, 3 * TriangleTile.Capacity) = b.GetElement(0);
        Unsafe.Add(ref lane, 4 * TriangleTile.Capacity) = b.GetElement(1);
        Unsafe.Add(ref lane, 5 * TriangleTile.Capacity) = b.GetElement(2);
        Unsafe.Add(ref lane, 6 * TriangleTile.Capacity) = c.GetElement(0);
        Unsafe.Add(ref lane, 7 * TriangleTile.Capacity) = c.GetElement(1);
        Unsafe.Add(ref lane, 8 * TriangleTile.Capacity) = c.GetElement(2);
        if (++_count == TriangleTile.Capacity)
            Flush();
    }

    /// <summary>Adds whole 50-byte records of a binary STL, unscaled: the bulk path.</summary>
    public void AddStlRecords(ReadOnlySpan<byte> records)
    {
        while (records.Length > 0)
        {
            if (_cutter is not null)
            {
                CutStlRecords(ref records);
                continue;
            }
            var take = Math.Min(records.Length / StlRecord.Bytes, TriangleTile.Capacity - _count);
            Decode(records[..(take * StlRecord.Bytes)]);
            records = records[(take * StlRecord.Bytes)..];
            if (_count == TriangleTile.Capacity)
                Flush();
        }
    }

    /// <summary>Takes the records up to the next cut; what comes after the last one waits for more.</summary>
    void CutStlRecords(ref ReadOnlySpan<byte> records)
    {
        var take = _cutter!.Take(records, out var ends);
        var chunk = records[..take];
        records = records[take..];
        if (!ends || _carried > 0)
        {
            chunk.CopyTo(_carry.AsSpan(_carried));
            _carried += take;
            chunk = _carry.AsSpan(0, _carried);
        }
        if (!ends)
            return;
        _carried = 0;
        AddChunk(chunk);
    }

    void AddChunk(ReadOnlySpan<byte> records)
    {
        if (_known!.TryAdd(records, Factor, out var key))
        {
            var triangles = records.Length / StlRecord.Bytes;
            CheckTriangles(Triangles + triangles);
            Triangles += triangles;
            return;
        }
        while (records.Length > 0)
        {
            var take = Math.Min(records.Length, TriangleTile.Capacity * StlRecord.Bytes);
            Decode(records[..take]);
            records = records[take..];
            Flush(key, endsChunk: records.IsEmpty);
        }
    }

    void Decode(ReadOnlySpan<byte> records)
    {
        var count = records.Length / StlRecord.Bytes;
        StlRecord.Transpose(records, _tile, _count);
        if (Factor != 1)
            for (var lane = 0; lane < 9; lane++)
                ScaleInPlace(_tile.Lanes.Slice(lane * TriangleTile.Capacity + _count, count), Factor);
        _count += count;
    }

    /// <summary>Hands on what is left. Called once, by the decoder's Finish.</summary>
    public void Complete()
    {
        if (_carried > 0)
            AddChunk(_carry.AsSpan(0, _carried));
        _carried = 0;
        if (_count > 0)
            Flush();
    }

    /// <summary>Refuses a triangle count before anything of that size is built or instanced.</summary>
    public static void CheckTriangles(long triangles)
    {
        if (triangles > Limits.Mesh.TrianglesMax)
            throw new MeshFormatException("TOO_MANY_TRIANGLES", "The model has too many triangles.", "triangles",
                $"{Limits.Mesh.TrianglesMax} triangles", $"{triangles} triangles");
    }

    void Flush(UInt128? key = null, bool endsChunk = false)
    {
        _tile.Count = _count;
        _tile.Key = key;
        _tile.EndsChunk = endsChunk;
        _tile.FirstTriangle = Triangles;
        _tile.ClearTail();
        CheckTriangles(Triangles + _count);
        CheckCoordinates(_tile, Triangles);
        Triangles += _count;
        _count = 0;
        _tile = _consumer.Accept(_tile);
        _tile.Count = 0;
    }

    /// <summary>float × factor in double, rounded once; the vector and the scalar step give the same bits.</summary>
    static void ScaleInPlace(Span<float> values, double factor)
    {
        var i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create<float>(values.Slice(i, Vector256<float>.Count)));
            Vector256.Narrow(low * factor, high * factor).CopyTo(values[i..]);
        }
        for (; i < values.Length; i++)
            values[i] = (float)(values[i] * factor);
    }

    /// <summary>One compare per vector catches NaN, infinity and far coordinates; the slow search runs only to name the triangle.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void CheckCoordinates(TriangleTile tile, long firstTriangle)
    {
        // Both lengths are powers of two times nine, so whole vectors cover the tile on every CPU.
        var max = new Vector<float>((float)Limits.Mesh.CoordinateMmMax);
        var lanes = tile.Lanes;
        var bad = Vector<int>.Zero;
        for (var i = 0; i < lanes.Length; i += Vector<float>.Count)
            bad |= ~Vector.LessThanOrEqual(Vector.Abs(new Vector<float>(lanes.Slice(i, Vector<float>.Count))), max);
        if (bad != Vector<int>.Zero)
            RefuseFirstBad(tile, firstTriangle);
    }

    static void RefuseFirstBad(TriangleTile tile, long firstTriangle)
    {
        for (var i = 0; i < tile.Count; i++)
            for (var lane = 0; lane < 9; lane++)
            {
                var v = tile.Lanes[lane * TriangleTile.Capacity + i];
                if (Math.Abs(v) <= (float)Limits.Mesh.CoordinateMmMax)
                    continue;
                var field = $"triangle {firstTriangle + i}, vertex {lane / 3}, {"xyz"[lane % 3]}";
                throw float.IsFinite(v)
                    ? new MeshFormatException("COORDINATE_OUT_OF_RANGE", "A coordinate is too far from the origin.", field,
                        $"{Limits.Mesh.CoordinateMmMax} mm", $"{v} mm")
                    : new MeshFormatException("COORDINATE_NOT_FINITE", "A coordinate is not a finite number.", field, "a finite number", v.ToString());
            }
    }
}
