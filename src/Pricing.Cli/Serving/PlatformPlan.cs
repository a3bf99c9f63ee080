using System.Net;
using Microsoft.Extensions.Logging;

namespace Pricing.Cli.Serving;

/// <summary>The parts a process can play.</summary>
[Flags]
enum Roles
{
    None = 0,
    Coordinator = 1,
    Node = 2,
    Facade = 4,
    All = Coordinator | Node | Facade,
}

/// <summary>Which roles this process plays, and where.</summary>
sealed record PlatformPlan
{
    public required Roles Roles { get; init; }

    /// <summary>Data folder: the embedded database and the model files.</summary>
    public required string Home { get; init; }

    /// <summary>PostgreSQL to use; null = the embedded one below <see cref="Home"/>.</summary>
    public string? Database { get; init; }

    /// <summary>A streaming replica of <see cref="Database"/> for reads that may lag; null = none.</summary>
    public string? DatabaseReplica { get; init; }

    /// <summary>Where models are kept: a folder, or s3://bucket…; null = below <see cref="Home"/>.</summary>
    public string? Models { get; init; }

    /// <summary>Models that nobody asks for this long lose their bytes.</summary>
    public int KeepModelsDays { get; init; } = Limits.Model.KeepDaysDefault;

    /// <summary>Redis to keep known prices and measurements in; null = they stay in the coordinator's memory.</summary>
    public string? Redis { get; init; }

    /// <summary>Where the coordinator's gRPC listens; port 0 = a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Where the facade's HTTP listens; port 0 = a free one.</summary>
    public required IPEndPoint Http { get; init; }

    /// <summary>Coordinators for the node and the facade where this process is not one itself.</summary>
    public IReadOnlyList<Uri> Coordinators { get; init; } = [];

    public required string NodeName { get; init; }

    /// <summary>Lanes the node is dedicated to; empty = both.</summary>
    public IReadOnlyList<string> Lanes { get; init; } = [];

    /// <summary>Threads of one measurement on the node.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Mesh code runs in child processes of the node; else in this one.</summary>
    public bool Isolated { get; init; } = true;

    /// <summary>Resident memory of one worker process.</summary>
    public long WorkerMemoryBytes { get; init; } = Limits.Worker.MemoryBytesDefault;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Sentences for a person: first creation of the database and the like.</summary>
    public required TextWriter Talk { get; init; }

    /// <summary>Health and reflection belong to a server that stays, not to one call.</summary>
    public bool ForOthers { get; init; }

    /// <summary>Coordinator and node on a free loopback port, quiet, data in the terminal's home.</summary>
    public static PlatformPlan ForOneCall(Terminal terminal) => new()
    {
        Roles = Roles.Coordinator | Roles.Node,
        Home = terminal.Home,
        Listen = new IPEndPoint(IPAddress.Loopback, 0),
        Http = new IPEndPoint(IPAddress.Loopback, 0),
        NodeName = $"{Environment.MachineName}-{Environment.ProcessId}",
        Isolated = false,
        LogLevel = Environment.GetEnvironmentVariable("PRICING_DEBUG") == "1" ? LogLevel.Information : LogLevel.None,
        Talk = terminal.Error,
    };
}
