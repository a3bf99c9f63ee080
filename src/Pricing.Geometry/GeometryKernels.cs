using Pricing.Geometry.Fdm;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry;

/// <summary>
/// The kernels one by one, for measuring their speed; a price never comes this way. Each call runs one kernel over tiles that are in
/// memory and answers a number that depends on all of them, so that nothing can be left out.
/// </summary>
public static class GeometryKernels
{
    /// <summary>Layers a kernel is timed with when none are asked for, mm.</summary>
    public static double LayerHeightMm => FdmProfile.Standard.LayerHeightMm;

    static readonly LayerSlopes Slopes = FdmEstimator.SlopesOf(FdmProfile.Standard);

    public static long Mass(IReadOnlyList<TriangleTile> tiles, InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => Mass<Doubles512>(tiles),
        InstructionSet.Avx2 => Mass<Doubles256>(tiles),
        _ => Mass<Doubles1>(tiles),
    };

    public static long Fingerprint(IReadOnlyList<TriangleTile> tiles, InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => Fingerprint<Words512>(tiles),
        InstructionSet.Avx2 => Fingerprint<Words256>(tiles),
        _ => Fingerprint<Words1>(tiles),
    };

    public static long Layers(IReadOnlyList<TriangleTile> tiles, InstructionSet set, double layerHeightMm) => set switch
    {
        InstructionSet.Avx512 => Layers<Doubles512>(tiles, layerHeightMm),
        InstructionSet.Avx2 => Layers<Doubles256>(tiles, layerHeightMm),
        _ => Layers<Doubles1>(tiles, layerHeightMm),
    };

    /// <summary>Mass, fingerprint and layers over each tile in turn: what every triangle of any file goes through.</summary>
    public static long OnePass(IReadOnlyList<TriangleTile> tiles, InstructionSet set, double layerHeightMm)
    {
        var kernels = TileKernels.For(set);
        var grid = new LayerGrid(layerHeightMm);
        var sums = new TileSums();
        foreach (var tile in tiles)
            kernels.Add(tile, grid, Slopes, sums);
        sums.Rows.Close();
        return (long)sums.Mass.Terms[MassSums.Volume6] ^ sums.Rows.First ^ sums.Chain.First;
    }

    /// <summary>The hash by which triangles are known again, over a file in pieces of a tile.</summary>
    public static long KeyedHash(ReadOnlySpan<byte> file)
    {
        var hash = new KeyedSum(TriangleTile.Capacity * StlRecord.Bytes);
        UInt128 all = 0;
        for (; file.Length > 0; file = file[Math.Min(file.Length, TriangleTile.Capacity * StlRecord.Bytes)..])
            all += hash.Of(file[..Math.Min(file.Length, TriangleTile.Capacity * StlRecord.Bytes)]);
        return (long)all;
    }

    /// <summary>Decodes a binary STL and sums it up, on one thread and without a vertex index: what remembered sums can save.</summary>
    public static long Sums(byte[] stl, InstructionSet set, ChunkSums? known)
    {
        using var pipeline = new TilePipeline(1, set, new LayerGrid(LayerHeightMm), Slopes, known, () => long.MaxValue);
        var decoder = MeshDecoder.Open(stl.Length, null, null, 1, new TileWriter(pipeline, new(), known is null ? null : pipeline), set);
        decoder.Push(stl);
        decoder.Finish();
        var sums = pipeline.Finish();
        return (long)sums.Mass.Terms[MassSums.Volume6] ^ sums.Rows.First ^ sums.Chain.First;
    }

    /// <summary>Weld, edges, shells: done up to <c>Limits.Mesh.TopologyTrianglesMax</c> triangles.</summary>
    public static long Topology(IReadOnlyList<TriangleTile> tiles)
    {
        var mesh = new WeldedMesh();
        foreach (var tile in tiles)
            mesh.Add(tile);
        return MeshTopology.Of(mesh.Corners, mesh.Vertices.Count, new(mesh.Corners, mesh.Vertices.Count)).Shells;
    }

    static long Mass<T>(IReadOnlyList<TriangleTile> tiles)
        where T : unmanaged, IDoubles<T>
    {
        var sums = new MassSums();
        foreach (var tile in tiles)
            MassProperties.Add<T>(tile, TileBox.Of(tile), sums);
        return (long)sums.Terms[MassSums.Volume6];
    }

    static long Fingerprint<T>(IReadOnlyList<TriangleTile> tiles)
        where T : unmanaged, IWords<T>
    {
        EdgeChain chain = default;
        foreach (var tile in tiles)
            EdgeFingerprint.Add<T>(tile, ref chain);
        return chain.First;
    }

    static long Layers<T>(IReadOnlyList<TriangleTile> tiles, double layerHeightMm)
        where T : unmanaged, IDoubles<T>
    {
        var grid = new LayerGrid(layerHeightMm);
        var rows = new LayerRows();
        foreach (var tile in tiles)
            LayerProfile.Add<T>(tile, TileBox.Of(tile), grid, Slopes, rows);
        rows.Close();
        return rows.Row(rows.First + rows.Count / 2)[LayerRows.Area];
    }
}
