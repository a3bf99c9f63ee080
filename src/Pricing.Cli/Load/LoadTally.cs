using Pricing.Cli.Bench;

namespace Pricing.Cli.Load;

/// <summary>What became of the requests of one kind.</summary>
sealed record LoadRow(string Kind, long Sent, long Ok, long Refused, long NotSent, long Unanswered, LatencyHistogram Times);

/// <summary>One second of a run, for the line that is printed.</summary>
sealed record LoadSecond(long Sent, long Ok, long Refused, long NotSent, int InFlight, double P50Ms, double P99Ms);

/// <summary>Counts and times of a run; many answers at once.</summary>
sealed class LoadTally
{
    readonly Lock _lock = new();
    readonly Dictionary<LoadKind, Counts> _kinds;
    readonly Dictionary<string, long> _reasons = new(StringComparer.Ordinal);
    Counts _second = new();
    int _inFlight;

    public LoadTally(IEnumerable<LoadKind> kinds) => _kinds = kinds.ToDictionary(kind => kind, _ => new Counts());

    public int InFlight => Volatile.Read(ref _inFlight);

    public void Sending(LoadKind kind)
    {
        lock (_lock)
        {
            _kinds[kind].Sent++;
            _second.Sent++;
        }
        Interlocked.Increment(ref _inFlight);
    }

    /// <summary>It was due, and too many were in flight already.</summary>
    public void CouldNotSend(LoadKind kind)
    {
        lock (_lock)
        {
            _kinds[kind].NotSent++;
            _second.NotSent++;
        }
    }

    /// <summary>An answer, so long after the request was due. A refusal has its reason; its time is not counted among the good ones.</summary>
    public void Answered(LoadKind kind, TimeSpan sinceDue, string? refusal)
    {
        lock (_lock)
        {
            foreach (var counts in new[] { _kinds[kind], _second })
            {
                if (refusal is null)
                {
                    counts.Ok++;
                    counts.Times.Add(sinceDue.Ticks * 100);
                }
                else
                    counts.Refused++;
            }
            if (refusal is not null)
                _reasons[refusal] = _reasons.GetValueOrDefault(refusal) + 1;
        }
        Interlocked.Decrement(ref _inFlight);
    }

    /// <summary>What happened since the last call.</summary>
    public LoadSecond TakeSecond()
    {
        Counts second;
        lock (_lock)
            (second, _second) = (_second, new Counts());
        return new LoadSecond(second.Sent, second.Ok, second.Refused, second.NotSent, InFlight, second.Times.PercentileNs(50) / 1e6, second.Times.PercentileNs(99) / 1e6);
    }

    /// <summary>Per kind, in order, and the sum where there are several.</summary>
    public IReadOnlyList<LoadRow> Rows()
    {
        lock (_lock)
        {
            var rows = _kinds.OrderBy(k => k.Key).Select(k => k.Value.ToRow(LoadMix.NameOf(k.Key))).ToList();
            if (rows.Count > 1)
            {
                var times = new LatencyHistogram();
                rows.ForEach(row => times.Add(row.Times));
                rows.Add(new LoadRow("all", rows.Sum(r => r.Sent), rows.Sum(r => r.Ok), rows.Sum(r => r.Refused), rows.Sum(r => r.NotSent), rows.Sum(r => r.Unanswered), times));
            }
            return rows;
        }
    }

    public IReadOnlyList<KeyValuePair<string, long>> Reasons()
    {
        lock (_lock)
            return [.. _reasons.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal)];
    }

    sealed class Counts
    {
        public long Sent, Ok, Refused, NotSent;
        public readonly LatencyHistogram Times = new();

        public LoadRow ToRow(string kind) => new(kind, Sent, Ok, Refused, NotSent, Sent - Ok - Refused, Times);
    }
}
