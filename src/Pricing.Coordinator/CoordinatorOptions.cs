using System.Net;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Models;

namespace Pricing.Coordinator;

/// <summary>What a coordinator needs to know; every bound that is not here is in Limits.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>The primary; several hosts (<c>Host=a,b</c>): whichever of them takes writes.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>A streaming replica for reads that may lag; null: everything is read from the primary.</summary>
    public string? ReplicaConnectionString { get; init; }

    /// <summary>Model files live here, addressed by their hash. Coordinators on one machine may share it. With a bucket: copies of what was used lately.</summary>
    public required string ModelFolder { get; init; }

    /// <summary>The bucket that all coordinators keep models in; null: the folder.</summary>
    public BucketOptions? Bucket { get; init; }

    /// <summary>With a bucket: bytes of copies that stay in the folder.</summary>
    public long LocalModelBytes { get; init; } = Limits.Model.LocalBytesDefault;

    /// <summary>A model that nobody asked for this long loses its bytes.</summary>
    public TimeSpan KeepModels { get; init; } = TimeSpan.FromDays(Limits.Model.KeepDaysDefault);

    /// <summary>Port 0: any free one; the bound address is in WebApplication.Urls once started.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The version of the engine whose measurements count. Nodes of another version get no jobs.</summary>
    public required int EngineVersion { get; init; }

    /// <summary>A quote ends by then, whatever happens.</summary>
    public TimeSpan QuoteDeadline { get; init; } = TimeSpan.FromSeconds(Limits.Quote.DeadlineSeconds);

    /// <summary>Jobs that may wait in one lane, and of one partner.</summary>
    public int QueuedPerLane { get; init; } = Limits.Job.QueuedPerLaneMax;
    public int QueuedPerPartner { get; init; } = Limits.Job.QueuedPerPartnerMax;

    /// <summary>An upload is measured while it comes as long as it comes this fast, and stops for no longer.</summary>
    public long AheadBytesPerSecondMin { get; init; } = Limits.Job.AheadBytesPerSecondMin;
    public TimeSpan AheadStarve { get; init; } = TimeSpan.FromMilliseconds(Limits.Job.AheadStarveMs);

    /// <summary>Redis as HOST:PORT with options behind commas (password=…, ssl=true); null: cached values stay in this process.</summary>
    public string? Redis { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
