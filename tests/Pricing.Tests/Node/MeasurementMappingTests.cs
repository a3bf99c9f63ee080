using Google.Protobuf.Reflection;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Node;
using Pricing.Quoting.V1;
using Pricing.Tests.Geometry;
using Wire = Pricing.Quoting.V1;

namespace Pricing.Tests.Node;

/// <summary>The mapping loses nothing: every field of the message is filled from a fact of its own.</summary>
[TestFixture]
sealed class MeasurementMappingTests
{
    static readonly PartMeasurement Part = new()
    {
        EngineVersion = 3,
        Format = MeshFormat.ThreeMf,
        Unit = Pricing.Geometry.LengthUnit.Inch,
        UnitAssumed = true,
        Scale = 2,
        ModelBytes = 101,
        Triangles = 102,
        DegenerateTriangles = 103,
        Watertight = true,
        Oriented = true,
        Inverted = true,
        Shells = 104,
        BoundaryEdges = 105,
        NonManifoldEdges = 106,
        Verdict = Verdict.Bounded,
        VolumeMm3 = 107,
        VolumeLowMm3 = 108,
        VolumeHighMm3 = 109,
        AreaMm2 = 110,
        BboxMinMm = new(111, 112, 113),
        BboxMaxMm = new(114, 115, 116),
        CentroidMm = new(117, 118, 119),
        OverhangAreaMm2 = 120,
        UpAreaMm2 = 121,
        DownAreaMm2 = 122,
        Fdm = new Pricing.Geometry.Fdm.FdmEstimate
        {
            Tier = 1,
            ProfileName = "p",
            LayerHeightMm = 124,
            Layers = 125,
            FilamentMm = 126,
            FilamentCm3 = 127,
            FilamentG = 128,
            PrintTimeS = 129,
            SupportCm3 = 130,
            Features = [new("travel", 131, 132)],
        },
        Sla = new("q", 136, 137, 138, 139),
        Boundary = null,
        Intersections = null,
        Analysis = null,
        Notes = [new("MESH_OPEN", true, "note")],
        Digest = [1, 2, 3],
    };

    static readonly MeasureTiming Timing = new() { ReceiveMs = 133, DecodeMs = 134, MeasureMs = 135, ReusedBytes = 140 };

    [Test]
    public void Every_field_of_the_message_is_filled_and_no_fact_stands_twice()
    {
        var message = MeasurementMapping.ToMessage(Part, "abc", new Wire.MeasureOptions { Unit = Wire.LengthUnit.Inch, Scale = 2 }, Timing);

        var numbers = new List<double>();
        var empty = new List<string>();
        Walk(message, "", numbers, empty);
        // The profile was not asked for, so it is not echoed.
        Assert.That(empty, Is.EqualTo(new[] { ".options.fdm_profile", ".options.sla_profile", ".analysis" }));
        Assert.That(numbers.Where(number => number > 100), Is.Unique);
        Assert.That(numbers.Count(number => number > 100), Is.EqualTo(39), "101 to 140, without 123");
    }

    /// <summary>A ring of two shells with a hole torn into one of them: something of everything an analysis says.</summary>
    [Test]
    public void Every_figure_of_an_analysis_travels()
    {
        List<Point3[]> mesh = [.. Shapes.Box(20, 30, 40), .. Shapes.Inverted(Shapes.Box(8, 8, 8, new(5, 5, 5))), .. Shapes.Box(20, 20, 3, new(10, 10, 60))];
        mesh.RemoveAt(mesh.Count - 1);
        var part = PartMeasurer.Measure(Shapes.BinaryStl(mesh), new());
        var analysis = MeasurementMapping.ToMessage(part, "abc", null, Timing).Analysis;

        var empty = new List<string>();
        Walk(analysis, "", [], empty);
        TestContext.Out.WriteLine(string.Join(' ', empty));
        Assert.That(analysis.HullVolumeMm3, Is.EqualTo(part.Analysis!.Hull!.VolumeMm3).And.GreaterThan(0));
        Assert.That(analysis.Columns.Supports.Select(support => support.SupportMm3), Is.EqualTo(part.Analysis.Columns!.Supports.Select(support => support.SupportMm3)));
        Assert.That(analysis.Columns.Walls.AreaByWidthMm2, Is.EqualTo(part.Analysis.Columns.Walls.AreaByWidthMm2));
        Assert.That(analysis.Columns.Reach.ByDirectionMm2, Has.Count.EqualTo(6));
        Assert.That(analysis.Columns.Enclosed, Is.EqualTo(new Wire.Trap { VolumeMm3 = part.Analysis.Columns.Traps.Enclosed.VolumeMm3, Count = part.Analysis.Columns.Traps.Enclosed.Count }));
        Assert.That(analysis.Orientations.Select(choice => (int)choice.Goal), Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(analysis.Orientations[0].AsIs.HeightMm, Is.EqualTo(63).Within(1e-6));
        Assert.That(analysis.BoundaryLoops, Has.Count.EqualTo(1));
        Assert.That(analysis.BoundaryLoops[0].Edges, Is.EqualTo(3));
        Assert.That(analysis.BoundaryLoopsTotal, Is.EqualTo(1));
        Assert.That(analysis.Inertia.PrincipalMm5.X, Is.EqualTo(part.Analysis.Moments!.PrincipalMm5.X));
        Assert.That(analysis.Lpbf.RecoatTimeS, Is.EqualTo(part.Analysis.Lpbf!.RecoatTimeS).And.GreaterThan(0));
        Assert.That(analysis.Casting.PolishMm2, Is.EqualTo(part.Analysis.Casting.PolishMm2).And.GreaterThan(0));
        Assert.That(empty, Is.SubsetOf(new[]
        {
            ".self_intersections", ".self_intersections_at_least", ".edges.handles", ".edges.concave_30_mm", ".edges.concave_60_mm", ".columns.open_columns", ".columns.gaps.smallest_mm",
            ".columns.walls.smallest_mm",
        }.Concat(empty.Where(name => name.StartsWith(".columns", StringComparison.Ordinal) || name.StartsWith(".orientations", StringComparison.Ordinal)
            || name.StartsWith(".lpbf", StringComparison.Ordinal)))));
    }

    [Test]
    public void What_was_not_counted_is_absent_and_not_zero()
    {
        var message = MeasurementMapping.ToMessage(Part with { Shells = null, BoundaryEdges = null, NonManifoldEdges = null, Fdm = null }, "abc", null, Timing);

        Assert.That((message.Geometry.HasShells, message.Geometry.HasBoundaryEdges, message.Geometry.HasNonmanifoldEdges), Is.EqualTo((false, false, false)));
        Assert.That(message.Fdm, Is.Null);
    }

    [Test]
    public void Every_name_of_an_enumeration_has_its_twin()
    {
        foreach (var format in Enum.GetValues<MeshFormat>())
            Assert.That(Map(Part with { Format = format }).Format.ToString(), Is.EqualTo(format.ToString()));
        foreach (var unit in Enum.GetValues<Pricing.Geometry.LengthUnit>())
        {
            Assert.That(Map(Part with { Unit = unit }).Unit.ToString(), Is.EqualTo(unit.ToString()));
            Assert.That(MeasurementMapping.ToOptions(new Wire.MeasureOptions { Unit = Enum.Parse<Wire.LengthUnit>(unit.ToString()) }, 1).Unit, Is.EqualTo(unit));
        }
        foreach (var verdict in Enum.GetValues<Verdict>())
            Assert.That(Map(Part with { Verdict = verdict }).Geometry.Verdict.ToString(), Is.EqualTo(verdict.ToString()));
    }

    [Test]
    public void Nothing_said_means_the_standard_profile_the_files_unit_and_scale_one()
    {
        Assert.That(MeasurementMapping.ToOptions(null, 2), Is.EqualTo(new Pricing.Geometry.MeasureOptions { Threads = 2 }));
        Assert.That(MeasurementMapping.ToOptions(new Wire.MeasureOptions { FdmProfile = new Wire.FdmProfile() }, 2),
            Is.EqualTo(new Pricing.Geometry.MeasureOptions { Threads = 2 }));
    }

    [Test]
    public void Every_number_of_a_profile_reaches_the_engine()
    {
        var profile = new Wire.FdmProfile { Name = "mine" };
        var value = 0.0;
        foreach (var field in Wire.FdmProfile.Descriptor.Fields.InDeclarationOrder().Skip(1))
            field.Accessor.SetValue(profile, field.FieldType == FieldType.UInt32 ? (object)(uint)++value : ++value);
        var fdm = MeasurementMapping.ToOptions(new Wire.MeasureOptions { FdmProfile = profile }, 1).Fdm;

        foreach (var field in Wire.FdmProfile.Descriptor.Fields.InDeclarationOrder().Skip(1))
        {
            var name = field.PropertyName;
            Assert.That(Convert.ToDouble(typeof(Pricing.Geometry.Fdm.FdmProfile).GetProperty(name)!.GetValue(fdm)),
                Is.EqualTo(Convert.ToDouble(field.Accessor.GetValue(profile))), name);
        }
    }

    [TestCase(99)]
    [TestCase(-1)]
    public void A_unit_this_engine_does_not_know_is_refused_and_named(int unit)
    {
        var refused = Assert.Throws<MeshFormatException>(() => MeasurementMapping.ToOptions(new Wire.MeasureOptions { Unit = (Wire.LengthUnit)unit }, 1));
        Assert.That((refused!.Reason, refused.Field, refused.Actual), Is.EqualTo(("UNIT_UNKNOWN", "measure_options.unit", $"{unit}")));
    }

    static Measurement Map(PartMeasurement part) => MeasurementMapping.ToMessage(part, "abc", null, Timing);

    static void Walk(Google.Protobuf.IMessage message, string path, List<double> numbers, List<string> empty)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var here = $"{path}.{field.Name}";
            var values = field.Accessor.GetValue(message) switch
            {
                null => [],
                System.Collections.IList list => [.. list.Cast<object>()],
                var one => new List<object> { one },
            };
            if (values.Count == 0)
                empty.Add(here);
            foreach (var value in values)
            {
                if (value is Google.Protobuf.IMessage inner)
                    Walk(inner, here, numbers, empty);
                else if (value is double or long or uint or int)
                    numbers.Add(Convert.ToDouble(value));
                if (value is 0.0 or 0L or 0u or false or "" || (value is Enum && Convert.ToInt32(value) == 0))
                    empty.Add(here);
            }
        }
    }
}
