using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>Looks at a part through columns along its three axes.</summary>
static class DexelAnalysis
{
    /// <summary>All facts about a mesh as it lies in a frame.</summary>
    /// <returns>Null when the part has no extent along an axis, or too many crossings at any pitch.</returns>
    /// <remarks>
    /// 1. One lattice for the part's box. 2. The field along z, from which supports and trapped volumes are read. 3. The fields along x and y.
    /// 4. One walk over the surface for walls, gaps and reach. 5. Rays where something is thin. 6. On request, a byte per triangle.
    /// A field with too many crossings starts the whole again with larger cells.
    /// </remarks>
    public static DexelFacts? Of(SolidMesh mesh, Frame frame, DexelOptions options, int threads)
    {
        options.Check();
        if (mesh.Triangles == 0)
            return null;
        var grid = DexelGrid.Of(mesh, frame, options.PitchMm, threads);
        for (var i = 0; i <= Limits.Dexel.CoarseningsMax && !grid.IsFlat; i++, grid = grid.Coarser())
            if (Of(mesh, grid, options, threads) is { } facts)
                return facts;
        return null;
    }

    static DexelFacts? Of(SolidMesh mesh, DexelGrid grid, DexelOptions options, int threads)
    {
        if (DexelField.Build(mesh, grid, 2, options.InstructionSet, threads) is not { } z)
            return null;
        var supports = SupportField.Of(z, threads);
        var solid = Solid(z);
        var traps = Floods.Measure(z, options.PoolMm3);
        if (DexelField.Build(mesh, grid, 0, options.InstructionSet, threads) is not { } x
            || DexelField.Build(mesh, grid, 1, options.InstructionSet, threads) is not { } y)
            return null;
        DexelField[] fields = [x, y, z];
        var walk = new SurfaceWalk(fields);
        walk.Run(threads);
        var rays = new RayCheck(mesh, grid);
        var (reach, surface) = Reach.Of(walk.ByDirections, fields);
        return new()
        {
            CellMm = new(grid.CellMm[0], grid.CellMm[1], grid.CellMm[2]),
            Columns = fields.Sum(field => field.Width * field.Height),
            Crossings = fields.Sum(field => field.Crossings),
            OpenColumns = fields.Sum(field => field.OpenColumns),
            SolidMm3 = solid,
            SurfaceMm2 = surface,
            Supports = supports,
            Traps = traps,
            Walls = rays.Facts(walk.Walls, isGap: false, options.BackingMm2, threads),
            Gaps = rays.Facts(walk.Gaps, isGap: true, options.BackingMm2, threads),
            Reach = reach,
            Findings = options.Findings ? HeatMap.Of(mesh, fields, threads) : null,
        };
    }

    static double Solid(DexelField field)
    {
        var quanta = 0L;
        for (var column = 0; column < field.Width * field.Height; column++)
            foreach (var crossing in field.Column(column))
                quanta += Crossing.IsExit(crossing) ? Crossing.Height(crossing) : -Crossing.Height(crossing);
        return quanta * (field.CellMm2 / field.Grid.QuantaPerMm);
    }
}
