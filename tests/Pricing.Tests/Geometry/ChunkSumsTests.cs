using System.Buffers.Binary;
using System.Collections;
using System.Reflection;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Orientation;

namespace Pricing.Tests.Geometry;

/// <summary>Remembered sums save work and change nothing.</summary>
[Parallelizable]
sealed class ChunkSumsTests
{
    static readonly LayerGrid Grid = new(FdmProfile.Standard.LayerHeightMm);
    static readonly LayerSlopes Slopes = FdmEstimator.SlopesOf(FdmProfile.Standard);

    static Random Seeded()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    /// <summary>Small triangles and tall ones, slopes of all kinds, several shells; about 33,000 triangles.</summary>
    static List<Point3[]> Part(Random random)
    {
        List<Point3[]> mesh = [.. Shapes.Potato(random, 6, 15), .. Shapes.Box(20, 20, 60, new(30, 0, -5)), .. Shapes.Potato(random, 3), .. Shapes.Pyramid(200, 50)];
        return Shapes.Map(mesh, p => new((float)p.X, (float)p.Y, (float)p.Z));
    }

    /// <summary>The part with another potato somewhere in its middle.</summary>
    static List<Point3[]> Edited(List<Point3[]> mesh, Random random)
    {
        var at = random.Next(mesh.Count * 2 / 5, mesh.Count * 3 / 5);
        return [.. mesh[..at], .. Shapes.Map(Shapes.Potato(random, 1, 3), p => new((float)p.X, (float)p.Y, (float)(p.Z + 80))), .. mesh[at..]];
    }

    static (PartMeasurement Part, long Reused) Measure(byte[] file, ChunkSums? known, MeasureOptions? options = null, InstructionSet? set = null, Func<int>? push = null)
    {
        using var measurer = new PartMeasurer(options ?? new(), file.Length, "made.stl", set ?? InstructionSets.Current, known);
        for (var at = 0; at < file.Length;)
        {
            var take = Math.Min(file.Length - at, push?.Invoke() ?? 64 << 10);
            measurer.Push(file.AsSpan(at, take));
            at += take;
        }
        return (measurer.Finish(), measurer.BytesReused);
    }

    [Test]
    public void The_digest_is_the_same_without_with_and_with_half_of_what_is_known()
    {
        var random = Seeded();
        var mesh = Part(random);
        foreach (var set in Shapes.Paths)
            for (var threads = 1; threads <= 3; threads++)
            {
                var known = new ChunkSums();
                int Push() => random.Next(1, 30_000);
                var first = Shapes.BinaryStl(mesh);
                var expected = Measure(first, null, new() { FdmTier = 1 }).Part.Digest;
                var cold = Measure(first, known, new() { Threads = threads, FdmTier = 1 }, set, Push);
                var warm = Measure(first, known, new() { Threads = threads, FdmTier = 1 }, set, Push);
                Assert.That((cold.Part.Digest, warm.Part.Digest), Is.EqualTo((expected, expected)), $"{set}, {threads} threads");
                Assert.That(warm.Reused, Is.EqualTo(50 * mesh.Count).Within(0), "every triangle is known");

                var edited = Shapes.BinaryStl(Edited(mesh, random));
                var again = Measure(edited, known, new() { Threads = threads, FdmTier = 1 }, set, Push);
                Assert.That(again.Part.Digest, Is.EqualTo(Measure(edited, null, new() { FdmTier = 1 }).Part.Digest), $"{set}, {threads} threads, edited");
                Assert.That(again.Reused, Is.InRange(edited.Length / 3, edited.Length - 85), "most of it is known, and some is not");
            }
    }

    [Test]
    public void An_open_and_flipped_mesh_has_one_answer_too()
    {
        var random = Seeded();
        var mesh = Part(random);
        mesh.RemoveRange(100, 30);
        for (var i = 0; i < mesh.Count; i += 7)
            mesh[i] = [mesh[i][0], mesh[i][2], mesh[i][1]];
        var file = Shapes.BinaryStl(mesh);
        var known = new ChunkSums();
        var expected = Measure(file, null).Part;
        Assert.That(expected.Verdict, Is.Not.EqualTo(Verdict.Exact));
        Assert.That(Measure(file, known).Part.Digest, Is.EqualTo(expected.Digest));
        Assert.That(Measure(file, known).Part.Digest, Is.EqualTo(expected.Digest));
    }

    [Test]
    public void What_the_sums_depend_on_is_part_of_their_name()
    {
        var random = Seeded();
        var file = Shapes.BinaryStl(Part(random));
        var known = new ChunkSums();
        MeasureOptions[] all =
        [
            new(), new() { Scale = 2 }, new() { Unit = LengthUnit.Inch }, new() { Fdm = FdmProfile.Standard with { LayerHeightMm = 0.3 } },
            new() { Fdm = FdmProfile.Standard with { TopSolidLayers = FdmProfile.Standard.TopSolidLayers + 2 } },
        ];
        foreach (var asked in all)
        {
            var options = asked with { FdmTier = 1 };
            Assert.That(Measure(file, known, options).Reused, Is.Zero, options.ToString());
            Assert.That(Measure(file, known, options).Part.Digest, Is.EqualTo(Measure(file, null, options).Part.Digest), options.ToString());
        }
        // What they do not depend on is not.
        Assert.That(Measure(file, known, new() { FdmTier = 1, Fdm = FdmProfile.Standard with { InfillDensity = 0.5 } }).Reused, Is.EqualTo(file.Length - 84));
    }

    /// <summary>Above the vertex index's limit a known tile is not even decoded: that way in small, with every sum compared.</summary>
    [Test]
    public void Triangles_that_are_not_decoded_count_all_the_same()
    {
        var random = Seeded();
        var mesh = Part(random);
        var known = new ChunkSums();
        foreach (var edited in new[] { mesh, mesh, Edited(mesh, random), Edited(mesh, random) })
            foreach (var set in Shapes.Paths)
                foreach (var threads in new[] { 1, 3 })
                {
                    var file = Shapes.BinaryStl(edited);
                    var expected = Sums(file, null, 1, InstructionSet.Portable);
                    var sums = Sums(file, known, threads, set);
                    AssertEqual(sums, expected);
                }

        static TileSums Sums(byte[] file, ChunkSums? known, int threads, InstructionSet set)
        {
            using var pipeline = new TilePipeline(threads, set, Grid, Slopes, known, () => long.MaxValue);
            var writer = new TileWriter(pipeline, new(), known is null ? null : pipeline);
            var decoder = MeshDecoder.Open(file.Length, null, null, 1, writer, set);
            decoder.Push(file);
            decoder.Finish();
            Assert.That(writer.Triangles, Is.EqualTo((file.Length - 84) / 50));
            return pipeline.Finish();
        }
    }

    static void AssertEqual(TileSums actual, TileSums expected)
    {
        Assert.That(Written(actual.Mass), Is.EqualTo(Written(expected.Mass)));
        Assert.That(actual.Chain, Is.EqualTo(expected.Chain));
        Assert.That(actual.Rows.Updates, Is.EqualTo(expected.Rows.Updates));
        int low = Grid.First(expected.Mass.Box.MinZ), high = Grid.First(expected.Mass.Box.MaxZ);
        for (var k = low; k <= high; k++)
        {
            Assert.That(actual.Rows.Row(k).ToArray(), Is.EqualTo(expected.Rows.Row(k).ToArray()), $"plane {k}");
            Assert.That(actual.Rows.WholeRow(k).ToArray(), Is.EqualTo(expected.Rows.WholeRow(k).ToArray()), $"plane {k}");
        }

        static long[] Written(MassSums mass)
        {
            var writer = new SumsWriter();
            mass.WriteTo(writer);
            return writer.ToArray();
        }
    }

    /// <summary>Every field, also one that is added to the sums later and forgotten in the writing.</summary>
    [Test]
    public void Written_sums_are_the_sums_field_by_field()
    {
        var random = Seeded();
        foreach (var tile in Shapes.Tiles(Part(random)))
        {
            var sums = new TileSums();
            TileKernels.For(InstructionSets.Current).Add(tile, Grid, Slopes, sums);
            var writer = new SumsWriter();
            sums.WriteTo(writer);
            var read = new TileSums();
            read.Add(new SumsReader(writer.Words));
            Compare(read, sums, "sums");
        }

        static void Compare(object? actual, object? expected, string path)
        {
            if (expected is null || expected.GetType() is { IsPrimitive: true } or { IsEnum: true } || expected is Int128 or string)
                Assert.That(actual, Is.EqualTo(expected), path);
            else if (expected is Array array)
                Assert.That((IEnumerable)actual!, Is.EqualTo((IEnumerable)array), path);
            else
            {
                // Where in an array a line of the cache begins is the array's own affair.
                if (expected is LayerRows rows && actual is LayerRows found)
                    Assert.That(found.Storage[..(LayerRows.Stride * found.Count)].ToArray(), Is.EqualTo(rows.Storage[..(LayerRows.Stride * rows.Count)].ToArray()), path);
                if (expected is NormalHistogram normals && actual is NormalHistogram read)
                    for (var bin = 0; bin < NormalHistogram.Bins; bin++)
                        Assert.That(read.Row(bin).ToArray(), Is.EqualTo(normals.Row(bin).ToArray()), path);
                foreach (var field in expected.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                    if (field.Name is not ("_rows" or "_origin" or "_start"))
                        Compare(field.GetValue(actual), field.GetValue(expected), $"{path}.{field.Name}");
            }
        }
    }

    [Test]
    public void A_chunk_that_spans_too_many_layers_is_measured_and_not_remembered()
    {
        // Soup 400 mm tall: every chunk spans 2,000 layers.
        var file = Shapes.BinaryStl([.. Shapes.Soup(Seeded(), 3_000, 200), .. Shapes.Box(10, 10, 10)]);
        var known = new ChunkSums();
        GeometryKernels.Sums(file, InstructionSets.Current, known);
        Assert.That(known.Count, Is.Zero);
        Assert.That(GeometryKernels.Sums(file, InstructionSets.Current, known), Is.EqualTo(GeometryKernels.Sums(file, InstructionSets.Current, null)));
    }

    [Test]
    public void Room_made_in_advance_is_no_height()
    {
        var rows = new LayerRows();
        // Upwards in steps, each of which makes room for more, then downwards until the limit is reached exactly.
        const int Highest = 70_000;
        for (var high = 0; high <= Highest; high += 7)
            Assert.That(rows.Ensure(0, high), Is.True, $"plane {high}");
        Assert.That(rows.Ensure(Highest - Limits.Mesh.LayersMax + 1, 0), Is.True);
        Assert.That(rows.Ensure(Highest - Limits.Mesh.LayersMax, 0), Is.False);
    }

    [Test]
    public void Memory_is_bounded_and_the_oldest_goes_first()
    {
        var known = new ChunkSums(bytesMax: 10_000);
        for (var i = 0; i < 1_000; i++)
        {
            known.Put((UInt128)i, new long[100]);
            Assert.That(known.TryGet(0, out _), Is.True, "asked for again and again, it stays");
            Assert.That(known.Bytes, Is.LessThanOrEqualTo(10_000));
        }
        Assert.That(known.Count, Is.InRange(5, 12));
        Assert.That(known.TryGet(1, out _), Is.False);
        Assert.That(known.TryGet(999, out _), Is.True);
        known.Put(5_000, new long[2_000]);
        Assert.That(known.TryGet(5_000, out _), Is.False, "larger than the whole memory");
        known.Put(999, new long[1]);
        Assert.That(known.TryGet(999, out var words) && words.Length == 100, Is.True, "the same name, the same sums");
    }

    [Test]
    public void A_memory_too_small_for_a_part_costs_time_only()
    {
        var random = Seeded();
        var file = Shapes.BinaryStl(Part(random));
        var known = new ChunkSums(bytesMax: 20_000);
        var expected = Measure(file, null).Part.Digest;
        for (var i = 0; i < 3; i++)
            Assert.That(Measure(file, known).Part.Digest, Is.EqualTo(expected));
    }

    [Test]
    public void A_file_that_is_cut_off_or_far_away_is_refused_also_where_its_triangles_are_known()
    {
        var random = Seeded();
        var file = Shapes.BinaryStl(Part(random));
        var known = new ChunkSums();
        Measure(file, known);
        Assert.That(() => Measure(file[..^20], known), Throws.TypeOf<MeshFormatException>());
        Assert.That(() => Measure(file, known, new() { Scale = 1e6 }), Throws.TypeOf<MeshFormatException>().With.Property("Reason").EqualTo("COORDINATE_OUT_OF_RANGE"));
        var broken = file.ToArray();
        BinaryPrimitives.WriteSingleLittleEndian(broken.AsSpan(84 + 50 * 700 + 12), float.NaN);
        Assert.That(() => Measure(broken, known), Throws.TypeOf<MeshFormatException>().With.Property("Reason").EqualTo("COORDINATE_NOT_FINITE"));
    }

    [Test]
    public void Measurements_share_what_is_known_at_the_same_time()
    {
        var random = Seeded();
        var mesh = Part(random);
        var files = Enumerable.Range(0, 6).Select(_ => Shapes.BinaryStl(Edited(mesh, random))).ToList();
        var expected = files.Select(file => Convert.ToHexString(Measure(file, null, new() { FdmTier = 1 }).Part.Digest)).ToList();
        var known = new ChunkSums(bytesMax: 200_000);
        var digests = new string[4 * files.Count];
        Parallel.For(0, digests.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 },
            i => digests[i] = Convert.ToHexString(Measure(files[i % files.Count], known, new() { Threads = 1 + i % 2, FdmTier = 1 }).Part.Digest));
        for (var i = 0; i < digests.Length; i++)
            Assert.That(digests[i], Is.EqualTo(expected[i % files.Count]));
    }
}
