using System.Net;
using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator;

/// <summary>What a coordinator needs to know; every bound that is not here is in Limits.</summary>
public sealed record CoordinatorOptions
{
    public required string ConnectionString { get; init; }

    /// <summary>Model files live here, addressed by their hash. Coordinators on one machine may share it.</summary>
    public required string ModelFolder { get; init; }

    /// <summary>Port 0: any free one; the bound address is in WebApplication.Urls once started.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The version of the engine whose measurements count. Nodes of another version get no jobs.</summary>
    public required int EngineVersion { get; init; }

    /// <summary>A quote ends by then, whatever happens.</summary>
    public TimeSpan QuoteDeadline { get; init; } = TimeSpan.FromSeconds(Limits.Quote.DeadlineSeconds);

    /// <summary>Jobs that may wait in one lane, and of one partner.</summary>
    public int QueuedPerLane { get; init; } = Limits.Job.QueuedPerLaneMax;
    public int QueuedPerPartner { get; init; } = Limits.Job.QueuedPerPartnerMax;

    /// <summary>Redis as HOST:PORT with options behind commas (password=…, ssl=true); null: cached values stay in this process.</summary>
    public string? Redis { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
