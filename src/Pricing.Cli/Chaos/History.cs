using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pricing.Cli.Chaos;

/// <summary>How a call stands: begun, answered, refused for good, or unknown (it may have happened, and stays possible for ever).</summary>
enum CallEnd
{
    Invoke,
    Ok,
    Fail,
    Info,
}

/// <summary>What a call asked or learned; only what applies is set.</summary>
sealed record CallFacts
{
    public string? Coordinator { get; init; }
    public string? Partner { get; init; }
    public string? Model { get; init; }

    /// <summary>Digest of everything asked for besides the partner: model, options, configurations, quantities, currency.</summary>
    public string? Question { get; init; }
    public string? Quote { get; init; }
    public string? State { get; init; }
    public string? PriceList { get; init; }

    /// <summary>Digest of all prices with their breakdowns.</summary>
    public string? Prices { get; init; }
    public string? Status { get; init; }
    public string? Reason { get; init; }

    /// <summary>The refusal came with google.rpc details; with RetryInfo.</summary>
    public bool? HasDetails { get; init; }
    public bool? HasRetryInfo { get; init; }

    /// <summary>Reasons for which this call may rightly be refused for good.</summary>
    public IReadOnlyList<string>? Expected { get; init; }

    /// <summary>An OK would be wrong: the same id with another body, a material that does not exist, another partner's quote.</summary>
    public bool? MustFail { get; init; }

    /// <summary>The failure of a quote that ended so.</summary>
    public string? Failure { get; init; }
}

/// <summary>One line of the history: <c>{t, client, op, type, key, value}</c>.</summary>
/// <param name="T">Seconds since the run began, monotonic.</param>
/// <param name="Client">Who called.</param>
/// <param name="Op">upload, create, get, watch, cancel, preview.</param>
/// <param name="Type">How it stands.</param>
/// <param name="Call">Ties an end to its invoke.</param>
/// <param name="Key">Request id, model or quote name.</param>
/// <param name="Value">What was asked or learned.</param>
sealed record HistoryEvent(double T, string Client, string Op, CallEnd Type, long Call, string Key, CallFacts Value);

/// <summary>What the clients did and heard, in memory and as JSON lines on disk, in the order in which it happened.</summary>
sealed class History : IDisposable
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    readonly Lock _gate = new();
    readonly List<HistoryEvent> _events = [];
    readonly StreamWriter _file;
    readonly TimeProvider _time;
    readonly long _began;
    long _calls;

    public History(string path, TimeProvider time)
    {
        _file = new StreamWriter(path);
        _time = time;
        _began = time.GetTimestamp();
    }

    /// <summary>Seconds since the run began.</summary>
    public double NowS => _time.GetElapsedTime(_began).TotalSeconds;

    /// <summary>Notes the beginning of a call; the answer ties its end to it.</summary>
    public long Invoke(string client, string op, string key, CallFacts value)
    {
        var call = Interlocked.Increment(ref _calls);
        Add(client, op, CallEnd.Invoke, call, key, value);
        return call;
    }

    public void End(string client, string op, CallEnd type, long call, string key, CallFacts value) => Add(client, op, type, call, key, value);

    public IReadOnlyList<HistoryEvent> Snapshot()
    {
        lock (_gate)
            return [.. _events];
    }

    /// <summary>Any list of facts as JSON lines beside the history.</summary>
    public static void WriteLines<T>(string path, IEnumerable<T> facts)
    {
        using var file = new StreamWriter(path);
        foreach (var fact in facts)
            file.WriteLine(JsonSerializer.Serialize(fact, Json));
    }

    public void Dispose()
    {
        lock (_gate)
            _file.Dispose();
    }

    void Add(string client, string op, CallEnd type, long call, string key, CallFacts value)
    {
        lock (_gate)
        {
            // Inside the lock: the order of the lines is the order of the times. The bound keeps a run away from the machine's memory.
            if (_events.Count >= Limits.Chaos.EventsMax)
                throw new InvalidOperationException($"A history of more than {Limits.Chaos.EventsMax} events is not kept.");
            var happened = new HistoryEvent(Math.Round(NowS, 6), client, op, type, call, key, value);
            _events.Add(happened);
            _file.WriteLine(JsonSerializer.Serialize(happened, Json));
        }
    }
}
