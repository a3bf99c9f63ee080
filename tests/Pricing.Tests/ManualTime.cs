namespace Pricing.Tests;

/// <summary>A clock that stands until it is moved. Timers due fire inside <see cref="Advance"/>.</summary>
sealed class ManualTime : TimeProvider
{
    readonly Lock _gate = new();
    readonly List<ManualTimer> _timers = [];
    readonly List<(TimeSpan Due, TaskCompletionSource Set)> _awaited = [];
    long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(GetTimestamp());

    /// <summary>Ends when somebody has set a timer to exactly this long.</summary>
    public Task TimerSetAsync(TimeSpan due)
    {
        lock (_gate)
        {
            var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_timers.Exists(timer => timer.Due == due))
                set.SetResult();
            else
                _awaited.Add((due, set));
            return set.Task;
        }
    }

    public void Advance(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (_gate)
        {
            _ticks += by.Ticks;
            due = [.. _timers.Where(timer => timer.At <= _ticks)];
            foreach (var timer in due)
                timer.At = timer.Period is { } period ? _ticks + period.Ticks : long.MaxValue;
        }
        foreach (var timer in due)
            timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        lock (_gate)
            _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public long At { get; set; } = long.MaxValue;
        public TimeSpan? Period { get; private set; }
        public TimeSpan Due { get; private set; } = Timeout.InfiniteTimeSpan;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                Due = dueTime;
                Period = period > TimeSpan.Zero ? period : null;
                At = dueTime >= TimeSpan.Zero ? time._ticks + dueTime.Ticks : long.MaxValue;
                foreach (var (_, set) in time._awaited.Where(awaited => awaited.Due == dueTime))
                    set.TrySetResult();
                time._awaited.RemoveAll(awaited => awaited.Due == dueTime);
            }
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
