namespace Pricing.Coordinator.Simulation;

/// <summary>What many seeds came to. <see cref="BadSeed"/> is the first one that broke a promise.</summary>
public sealed record SimulationReport(
    long Seeds, long Events, long Checks, double VirtualSeconds, IReadOnlyDictionary<FaultKind, long> Faults, IReadOnlyDictionary<Move, long> Moves,
    long? BadSeed, SeedResult? Bad);

/// <summary>The door of the simulated platform: a seed in, what became of it out. The same seed gives the same run on every machine.</summary>
public static class Simulator
{
    public static SeedResult Run(long seed, PlantedBug bug = PlantedBug.None, bool traced = false) => new World((ulong)seed, bug, 0, traced).Run();

    /// <summary>Runs seeds one after the other and stops at the first that breaks a promise.</summary>
    public static SimulationReport RunMany(long first, int count, PlantedBug bug, CancellationToken cancel)
    {
        long seeds = 0, events = 0, checks = 0, virtualMs = 0;
        var faults = new long[Enum.GetValues<FaultKind>().Length];
        var moves = new long[Enum.GetValues<Move>().Length];
        for (var seed = first; seed < first + count && !cancel.IsCancellationRequested; seed++)
        {
            var result = Run(seed, bug);
            seeds++;
            events += result.Events;
            checks += result.Checks;
            virtualMs += result.VirtualMs;
            for (var kind = 0; kind < faults.Length; kind++)
                faults[kind] += result.Faults[kind];
            for (var move = 0; move < moves.Length; move++)
                moves[move] += result.Moves[move];
            if (!result.Holds)
                return Report(seed, result);
        }
        return Report(null, null);

        SimulationReport Report(long? badSeed, SeedResult? bad) => new(seeds, events, checks, virtualMs / 1_000.0,
            Enum.GetValues<FaultKind>().ToDictionary(kind => kind, kind => faults[(int)kind]),
            Enum.GetValues<Move>().ToDictionary(move => move, move => moves[(int)move]), badSeed, bad);
    }

    /// <summary>The kinds of faults a bad seed cannot do without: each is left out in turn, and stays out while some promise still breaks.</summary>
    public static IReadOnlyList<FaultKind> Minimise(long seed, PlantedBug bug)
    {
        ulong leftOut = 0;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            var without = leftOut | (1UL << (int)kind);
            if (!new World((ulong)seed, bug, without, traced: false).Run().Holds)
                leftOut = without;
        }
        var faults = new World((ulong)seed, bug, leftOut, traced: false).Run().Faults;
        return [.. Enum.GetValues<FaultKind>().Where(kind => faults[(int)kind] > 0)];
    }
}
