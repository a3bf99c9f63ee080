using System.Text.RegularExpressions;
using NUnit.Framework;
using Pricing.Coordinator.Simulation;
using Pricing.Tests.Repository;

namespace Pricing.Tests.Coordinator.Simulation;

/// <summary>The simulator is tested too: mistakes that real systems made are planted, and each must be found. tests/planted-bugs.md tells of them.</summary>
[TestFixture]
[Parallelizable]
public sealed class PlantedBugTests
{
    const int SeedsMax = 1_000, SeedsCounted = 50;

    static IEnumerable<PlantedBug> Bugs() => Enum.GetValues<PlantedBug>().Where(bug => bug is not PlantedBug.None);

    [TestCaseSource(nameof(Bugs)), CancelAfter(300_000)]
    public void A_planted_bug_is_found(PlantedBug bug, CancellationToken cancel)
    {
        var report = Simulator.RunMany(1, SeedsMax, bug, cancel);
        Assert.That(report.Bad, Is.Not.Null, $"{bug} was not found in {SeedsMax} seeds");
        var found = Enumerable.Range(1, SeedsCounted).Count(seed => !Simulator.Run(seed, bug).Holds);
        TestContext.Out.WriteLine($"{bug}: first by seed {report.BadSeed}, by {found} of {SeedsCounted} seeds. {report.Bad!.Promise}: {report.Bad.What}");
    }

    [Test]
    public void Every_planted_bug_is_told_of()
    {
        var told = SourceTree.Read("tests/planted-bugs.md");
        Assert.That(Bugs().Where(bug => !told.Contains($"`{bug}`", StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>What the platform itself runs is built without any of them.</summary>
    [Test]
    public void No_bug_can_be_planted_into_the_product()
    {
        string[] places = ["src/Pricing.Coordinator/Simulation/", "src/Pricing.Coordinator/Scheduling/", "src/Pricing.Cli/Commands/SimCommand.cs"];
        var elsewhere = SourceTree.Files("src", "*.cs").Where(file => !places.Any(place => file.StartsWith(place, StringComparison.Ordinal)))
            .Where(file => Regex.IsMatch(SourceTree.Read(file), @"\b(PlantedBug|SchedulerFault|Coordinator\.Simulation)\b"));
        Assert.That(elsewhere, Is.Empty);
    }
}
