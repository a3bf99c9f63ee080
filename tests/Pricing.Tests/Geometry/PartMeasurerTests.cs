using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;

namespace Pricing.Tests.Geometry;

sealed class PartMeasurerTests
{
    static string[] Codes(MeasureOptions options, List<Point3[]> mesh) =>
        [.. PartMeasurer.Measure(Shapes.BinaryStl(mesh), options, "made.stl").Notes.Select(n => n.Code)];

    [Test]
    public void The_unit_is_assumed_unless_the_caller_says_it()
    {
        Assert.That(Codes(new(), Shapes.Box(10, 10, 10)), Is.EqualTo(new[] { "UNIT_ASSUMED" }));
        Assert.That(Codes(new() { Unit = LengthUnit.Inch }, Shapes.Box(10, 10, 10)), Is.Empty);
        var inches = PartMeasurer.Measure(Shapes.BinaryStl(Shapes.Box(1, 1, 1)), new() { Unit = LengthUnit.Inch, Scale = 2 });
        Assert.That(inches.VolumeMm3, Is.EqualTo(50.8 * 50.8 * 50.8).Within(1e-5).Percent);
    }

    [TestCase(0.05, "m?")]
    [TestCase(60_000, "um?")]
    public void An_implausible_size_is_noted_with_the_unit_that_would_make_sense(double size, string suggestion)
    {
        var m = PartMeasurer.Measure(Shapes.BinaryStl(Shapes.Box(size, size, size)), new());
        var note = m.Notes.Single(n => n.Code == "SIZE_IMPLAUSIBLE");
        Assert.That((note.IsWarning, note.Message.EndsWith(suggestion, StringComparison.Ordinal)), Is.EqualTo((true, true)), note.Message);
    }

    [Test]
    public void Progress_counts_bytes_and_ends_with_the_layers()
    {
        var file = Shapes.BinaryStl(Shapes.Sphere(3));
        using var measurer = new PartMeasurer(new(), file.Length, null);
        measurer.Push(file.AsSpan(0, 1000));
        Assert.That(measurer.Progress, Is.EqualTo(new MeasureProgress(1000, 0, 0)));
        measurer.Push(file.AsSpan(1000));
        var m = measurer.Finish();
        Assert.That(measurer.Progress, Is.EqualTo(new MeasureProgress(file.Length, m.Fdm!.Layers, m.Fdm.Layers)));
        Assert.That(() => measurer.Finish(), Throws.TypeOf<ObjectDisposedException>());
    }

    [TestCase(1)]
    [TestCase(3)]
    public void A_broken_file_ends_in_its_reason_and_leaves_no_thread(int threads)
    {
        var file = Shapes.BinaryStl(Shapes.Sphere(5));
        file[84 + 50 * 3000 + 15] = 0x7F;
        file[84 + 50 * 3000 + 14] = 0xC0;
        var e = Assert.Throws<MeshFormatException>(() => Shapes.Measure(file, "made.stl", threads, InstructionSets.Current))!;
        Assert.That(e.Reason, Is.EqualTo("COORDINATE_NOT_FINITE"));
    }

    [Test]
    public void A_measurement_given_up_half_way_stops_its_threads()
    {
        var file = Shapes.BinaryStl(Shapes.Sphere(5));
        var measurer = new PartMeasurer(new() { Threads = 4 }, file.Length, null);
        measurer.Push(file.AsSpan(0, file.Length / 2));
        measurer.Dispose();
        Assert.That(() => measurer.Dispose(), Throws.Nothing);
    }

    [Test]
    public void A_streamed_file_does_not_stay_in_memory()
    {
        // More triangles pass through than are indexed: the index is not begun, and no array grows with the file.
        var part = Shapes.BinaryStl(Shapes.Sphere(7));
        var records = part.AsSpan(84);
        var copies = Limits.Mesh.TopologyTrianglesMax / ((part.Length - 84) / 50) + 1;
        var header = new byte[84];
        BitConverter.TryWriteBytes(header.AsSpan(80), (uint)(copies * (records.Length / 50)));
        using var measurer = new PartMeasurer(new(), 84 + (long)copies * records.Length, "big.stl");
        measurer.Push(header);
        for (var i = 0; i < copies; i++)
            measurer.Push(records);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var m = measurer.Finish();
        Assert.That(before, Is.LessThan(64L << 20));
        Assert.That((m.Watertight, m.Shells, m.BoundaryEdges, m.Verdict), Is.EqualTo((true, (long?)null, (long?)0, Verdict.Exact)));
    }
}
