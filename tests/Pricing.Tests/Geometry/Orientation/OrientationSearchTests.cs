using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Orientation;

namespace Pricing.Tests.Geometry.Orientation;

sealed class OrientationSearchTests
{
    static OrientationChoice For(OrientationFacts facts, OrientationGoal goal) => facts.Goals.Single(g => g.Goal == goal);

    [Test]
    public void A_table_is_printed_on_its_board()
    {
        var facts = Parts.Search(Parts.Table());
        foreach (var goal in new[] { OrientationGoal.Fdm, OrientationGoal.Sla, OrientationGoal.Lpbf })
        {
            var choice = For(facts, goal);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(choice.Best.Frame.Z, Is.EqualTo(new Point3(0, 0, -1)), goal.ToString());
                Assert.That((choice.Best.SupportMm3, choice.Best.HeightMm), Is.EqualTo((0.0, 34.0)));
                Assert.That(choice.Best.BedContactMm2, Is.EqualTo(1600).Within(0.5));
                Assert.That(choice.AsIs.SupportMm3, Is.GreaterThan(0.9 * (1600 - 64) * 30));
                Assert.That(choice.AsIs.Frame, Is.EqualTo(Frame.AsIs));
                Assert.That(choice.Gain, Is.EqualTo(1 - choice.Best.Score / choice.AsIs.Score));
            }
        }
    }

    [Test]
    public void A_standing_T_is_laid_flat()
    {
        var choice = For(Parts.Search(Parts.LetterT()), OrientationGoal.Fdm);
        Assert.That((choice.Best.HeightMm, choice.Best.SupportMm3), Is.EqualTo((10.0, 0.0)));
        // Front and back are as good; the tie goes to the greater y.
        Assert.That(choice.Best.Frame.Z, Is.EqualTo(new Point3(0, 1, 0)));
    }

    [TestCase(OrientationGoal.Fdm)]
    [TestCase(OrientationGoal.Sla)]
    public void A_plate_on_edge_is_laid_flat(OrientationGoal goal)
    {
        var choice = For(Parts.Search(Shapes.Box(3, 50, 50)), goal);
        Assert.That((choice.Best.HeightMm, choice.AsIs.HeightMm), Is.EqualTo((3.0, 50.0)));
        Assert.That(choice.Best.FootprintMm2, Is.EqualTo(2500).Within(1e-6));
    }

    [Test]
    public void A_part_that_lies_well_stays_as_it_is()
    {
        var facts = Parts.Search(Shapes.Map(Parts.Table(), p => new(p.X, -p.Y, -p.Z)));
        foreach (var choice in facts.Goals.Where(g => g.Goal != OrientationGoal.Powder))
        {
            Assert.That(choice.Best, Is.SameAs(choice.AsIs), choice.Goal.ToString());
            Assert.That(choice.Gain, Is.Zero);
        }
        foreach (var choice in Parts.Search(Shapes.Box(20, 20, 20)).Goals)
            Assert.That(choice.Best, Is.SameAs(choice.AsIs), choice.Goal.ToString());
    }

    [Test]
    public void A_slanted_bar_is_packed_along_its_box()
    {
        // 60 × 10 × 10 about an axis askew: its box in the file's axes is several times its own.
        var frame = Frame.WithUp(new(0.48, 0.36, 0.8));
        var mesh = Shapes.Map(Shapes.Box(60, 10, 10), frame.Place);
        var choice = For(Parts.Search(mesh), OrientationGoal.Powder);
        Assert.That(choice.Best.HeightMm * choice.Best.FootprintMm2, Is.EqualTo(6000).Within(0.1).Percent);
        Assert.That(choice.AsIs.HeightMm * choice.AsIs.FootprintMm2, Is.GreaterThan(12_000));
    }

    [Test]
    public void The_winner_is_chosen_by_what_was_measured_not_by_what_was_guessed()
    {
        // Whoever measures says that lying on the board costs most of all.
        var choice = For(Parts.Search(Parts.Table(), check: frame => new(frame.Z.Z < -0.9 ? 1e7 : 1000, 0)), OrientationGoal.Lpbf);
        Assert.That(choice.Best.Frame.Z.Z, Is.GreaterThan(-0.9));
        Assert.That(choice.Best.SupportMm3, Is.EqualTo(1000));
    }

    [Test]
    public void Checks_are_few_and_none_is_made_twice()
    {
        List<Frame> asked = [];
        Parts.Search(Shapes.Potato(new(5), 4), check: frame =>
        {
            asked.Add(frame);
            return new(frame.Z.X * frame.Z.X, 0);
        });
        Assert.That(asked, Is.Unique);
        Assert.That(asked, Has.Count.LessThanOrEqualTo(3 * Limits.Orientation.ChecksPerGoalMax + 1).And.Count.GreaterThan(Limits.Orientation.ChecksPerGoalMax));
        Assert.That(asked, Does.Contain(Frame.AsIs));
    }

    [Test]
    public void The_answer_depends_on_neither_order_nor_path_nor_first_corner()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        foreach (var mesh in new[] { Shapes.Potato(random, 4), Parts.LetterT(), Parts.Torus(30, 10, 40, 20) })
        {
            // A check of its own, so that the answer is the search's alone.
            static SupportEstimate Check(Frame f) => new(1000 * (2 + f.Z.X + 0.5 * f.Z.Y), 1);
            var expected = Describe(Parts.Search(mesh, InstructionSet.Portable, Check));
            foreach (var set in Shapes.Paths)
            {
                var turned = Shapes.Shuffled(mesh, random).ConvertAll(t => random.Next(2) == 0 ? t : [t[1], t[2], t[0]]);
                var hull = Parts.Corners(mesh);
                random.Shuffle(hull);
                Assert.That(Describe(Parts.Search(turned, set, Check, hull)), Is.EqualTo(expected), set.ToString());
            }
        }

        static string Describe(OrientationFacts facts) => facts.Directions + string.Join('\n', facts.Goals);
    }

    [Test]
    public void A_mesh_placed_in_a_frame_is_the_part_lying_there()
    {
        var solid = Shapes.Solid(Parts.Table());
        var placed = solid.Placed(Frame.WithUp(new(0, 0, -1)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(solid.Placed(Frame.AsIs), Is.SameAs(solid));
            Assert.That(placed.Corners, Is.SameAs(solid.Corners));
            Assert.That(placed.Coordinates.Where((_, i) => i % 3 == 2).Min(), Is.EqualTo(-34));
            Assert.That(placed.Coordinates.Where((_, i) => i % 3 == 2).Max(), Is.Zero);
        }
        var frame = Frame.WithUp(new(1, 2, 3));
        placed = solid.Placed(frame);
        for (var v = 0; v < solid.Vertices; v++)
        {
            var at = frame.Place(new(solid.Coordinates[3 * v], solid.Coordinates[3 * v + 1], solid.Coordinates[3 * v + 2]));
            Assert.That((placed.Coordinates[3 * v], placed.Coordinates[3 * v + 1], placed.Coordinates[3 * v + 2]), Is.EqualTo(((float)at.X, (float)at.Y, (float)at.Z)));
        }
    }
}
