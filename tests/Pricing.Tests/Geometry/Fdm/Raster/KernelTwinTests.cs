using NUnit.Framework;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Fdm.Raster;

namespace Pricing.Tests.Geometry.Fdm.Raster;

/// <summary>Each kernel against the plainest program that does the same, on random input.</summary>
[TestFixture]
public sealed unsafe class KernelTwinTests
{
    static readonly FdmProfile Profile = FdmProfile.Standard;
    static readonly Beads Beads = Beads.Of(Profile, firstLayer: false);

    static RasterPlan Plan(double x, double y) => new(Profile, Beads, new(0, 0, x, y));

    static Random Seeded(int seed)
    {
        TestContext.Out.WriteLine($"seed {seed}");
        return new(seed);
    }

    [Test]
    public void Distances_and_inside_are_those_of_a_cell_by_cell_search([Values(1, 2, 3, 4)] int seed)
    {
        var random = Seeded(seed);
        var plan = Plan(40, 30);
        var segments = Star(random, 17);
        using var interior = new Interior(plan);
        using var field = new DistanceField(plan);
        using var layer = new LayerRaster(plan);
        var counts = new int[256];
        // Twice: the second layer must not see anything of the first.
        field.Add(Star(random, 9), new bool[9]);
        interior.Fill(Star(random, 9), parity: false);
        field.Write(interior, layer, counts);
        layer.Clear();
        interior.Fill(segments, parity: false);
        field.Add(segments, new bool[segments.Length]);
        field.Write(interior, layer, counts);

        var worst = 0;
        var seen = new int[256];
        for (var j = 0; j < plan.Rows; j++)
            for (var i = 0; i < plan.Columns; i++)
            {
                double x = plan.OriginX + (i + 0.5) * plan.CellMm, y = plan.OriginY + (j + 0.5) * plan.CellMm;
                var (distance, inside) = Search(segments, x, y);
                var quanta = distance >= plan.BandMm ? 127 : Math.Min(127, (int)Math.Round(distance * plan.QuantaPerMm));
                var expected = inside ? quanta : -quanta;
                var actual = layer.Sd[j * plan.Columns + i];
                // At the rim of the band a distance may count as far or as near.
                if (Math.Abs(distance - plan.BandMm) > 1e-4)
                    worst = Math.Max(worst, Math.Abs(expected - actual));
                if (actual > -127)
                    seen[actual + 128]++;
            }
        Assert.That(worst, Is.LessThanOrEqualTo(1));
        counts[1] = seen[1] = 0;
        Assert.That(counts, Is.EqualTo(seen));
    }

    [Test]
    public void Spreading_distances_is_the_plain_two_sweep_chamfer([Values(1, 2, 3)] int seed)
    {
        var random = Seeded(seed);
        var plan = Plan(50, 20);
        var depths = new Depths(plan, Beads, Profile);
        using var chamfer = new Chamfer(plan, depths);
        var plain = new int[plan.Rows, plan.Columns];
        for (var j = 0; j < plan.Rows; j++)
            for (var i = 0; i < plan.Columns; i++)
                plain[j, i] = 255;
        for (var n = 0; n < 12; n++)
        {
            // Both ends of a row are seeded at times: rows must not leak into each other.
            int j = random.Next(plan.Rows), i = n switch { 0 => 0, 1 => plan.Columns - 1, _ => random.Next(plan.Columns) };
            plain[j, i] = random.Next(40);
            chamfer.Distance[j * plan.Columns + i] = (byte)plain[j, i];
            chamfer.Seeded(j, i / 32);
        }
        chamfer.Spread();
        for (var sweep = 0; sweep < 2; sweep++)
            for (var n = 0; n < plan.Rows; n++)
            {
                var j = sweep == 0 ? n : plan.Rows - 1 - n;
                var before = sweep == 0 ? j - 1 : j + 1;
                for (var i = 0; i < plan.Columns; i++)
                    for (var d = -1; d <= 1 && before >= 0 && before < plan.Rows; d++)
                        if (i + d >= 0 && i + d < plan.Columns)
                            plain[j, i] = Math.Min(plain[j, i], plain[before, i + d] + (d == 0 ? depths.StepAside : depths.StepAcross));
                for (var i = 1; i < plan.Columns; i++)
                    plain[j, i] = Math.Min(plain[j, i], plain[j, i - 1] + depths.StepAside);
                for (var i = plan.Columns - 2; i >= 0; i--)
                    plain[j, i] = Math.Min(plain[j, i], plain[j, i + 1] + depths.StepAside);
            }
        for (var j = 0; j < plan.Rows; j++)
            for (var i = 0; i < plan.Columns; i++)
                Assert.That(chamfer.Distance[j * plan.Columns + i], Is.EqualTo(Math.Min(255, plain[j, i])), $"row {j}, column {i}");
        chamfer.Clean();
        Assert.That(new Span<byte>(chamfer.Distance, plan.Cells).IndexOfAnyExcept((byte)255), Is.EqualTo(-1));
    }

    [Test]
    public void Thin_cores_are_those_of_a_cell_by_cell_search([Values(1, 2)] int seed)
    {
        var random = Seeded(seed);
        var plan = Plan(40, 30);
        var depths = new Depths(plan, Beads, Profile);
        using var layer = new LayerRaster(plan);
        using var interior = new Interior(plan);
        using var field = new DistanceField(plan);
        var segments = Star(random, 25);
        interior.Fill(segments, parity: false);
        field.Add(segments, new bool[segments.Length]);
        field.Write(interior, layer, new int[256]);
        var thin = new int[256];
        Cores.Thin(layer, plan, depths, thin);
        var lost = 0;
        for (var j = 0; j < plan.Rows; j++)
            for (var i = 0; i < plan.Columns; i++)
            {
                if (layer.Sd[j * plan.Columns + i] == -127)
                    continue;
                var expected = Cores.ThinCell(layer, plan, depths, j, i);
                Assert.That(layer.Inner[j * plan.Columns + i], Is.EqualTo(expected), $"row {j}, column {i}");
                lost += expected != layer.Sd[j * plan.Columns + i] ? 1 : 0;
            }
        Assert.That(lost, Is.GreaterThan(0).And.EqualTo(thin.Sum()));
    }

    [Test]
    public void Bits_turn_count_and_connect_as_cells_do([Values(1, 2, 3)] int seed)
    {
        var random = Seeded(seed);
        const int rows = 75, columns = 96;
        var cells = new bool[rows, columns];
        var words = new uint[rows * 3];
        for (var j = 1; j < rows - 1; j++)
            for (var i = 1; i < columns - 1; i++)
                if (cells[j, i] = random.Next(100) < 55)
                    words[j * 3 + i / 32] |= 1u << (i % 32);
        var bits = new BitRows(rows, columns);
        fixed (uint* p = words)
            bits.Take(p, 0, rows);
        var turned = new BitRows(columns, rows);
        turned.TakeTransposed(bits);
        int runs = 0;
        for (var j = 0; j < rows; j++)
            for (var i = 0; i < columns; i++)
            {
                Assert.That(turned.At(i, j), Is.EqualTo(cells[j, i]));
                runs += cells[j, i] && !cells[j, i - 1] ? 1 : 0;
                runs += cells[j, i] && !cells[j - 1, i] ? 1 : 0;
            }
        Assert.That(bits.RunsBothWays(), Is.EqualTo(runs));
        Assert.That(bits.Pieces(gaps: false, []), Is.EqualTo(Flood(cells, true)));
        Assert.That(bits.Pieces(gaps: true, []), Is.EqualTo(Flood(cells, false)));
        Assert.That(turned.Pieces(gaps: false, []), Is.EqualTo(Flood(cells, true)));
    }

    static int Flood(bool[,] cells, bool value)
    {
        int rows = cells.GetLength(0), columns = cells.GetLength(1), pieces = 0;
        var done = new bool[rows, columns];
        var stack = new Stack<(int, int)>();
        for (var j = 0; j < rows; j++)
            for (var i = 0; i < columns; i++)
            {
                if (done[j, i] || cells[j, i] != value)
                    continue;
                pieces++;
                stack.Push((j, i));
                while (stack.TryPop(out var at))
                {
                    var (y, x) = at;
                    if (y < 0 || x < 0 || y >= rows || x >= columns || done[y, x] || cells[y, x] != value)
                        continue;
                    done[y, x] = true;
                    stack.Push((y - 1, x));
                    stack.Push((y + 1, x));
                    stack.Push((y, x - 1));
                    stack.Push((y, x + 1));
                }
            }
        return pieces;
    }

    static (double Distance, bool Inside) Search(Segment[] segments, double x, double y)
    {
        var nearest = double.MaxValue;
        var inside = false;
        foreach (var s in segments)
        {
            double dx = s.X1 - s.X0, dy = s.Y1 - s.Y0;
            var t = Math.Clamp(((x - s.X0) * dx + (y - s.Y0) * dy) / (dx * dx + dy * dy), 0, 1);
            nearest = Math.Min(nearest, Math.Sqrt(Math.Pow(x - s.X0 - t * dx, 2) + Math.Pow(y - s.Y0 - t * dy, 2)));
            if (s.Y0 <= y != s.Y1 <= y && s.X0 + (y - s.Y0) * dx / dy < x)
                inside = !inside;
        }
        return (nearest, inside);
    }

    /// <summary>A closed outline around the origin, counter-clockwise.</summary>
    static Segment[] Star(Random random, int corners)
    {
        var points = new (float X, float Y)[corners];
        for (var i = 0; i < corners; i++)
        {
            var radius = 2 + 12 * random.NextDouble();
            points[i] = ((float)(radius * Math.Cos(2 * Math.PI * i / corners)), (float)(radius * Math.Sin(2 * Math.PI * i / corners)));
        }
        return [.. points.Select((p, i) => new Segment { X0 = p.X, Y0 = p.Y, X1 = points[(i + 1) % corners].X, Y1 = points[(i + 1) % corners].Y })];
    }
}
