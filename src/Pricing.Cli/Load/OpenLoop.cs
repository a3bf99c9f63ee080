namespace Pricing.Cli.Load;

/// <summary>
/// Sends by the clock and by nothing else: request i is due at start + i / rate, whether the ones before it were answered or not. Its time is
/// counted from when it was due, so that a server which stalls is charged for everybody who came meanwhile (no coordinated omission).
/// What is in flight is bounded; what is due above the bound is counted as not sent, never sent later.
/// </summary>
sealed class OpenLoop(double ratePerS, TimeSpan length, int inFlightMax, LoadMix mix, LoadTally tally, Func<LoadKind, long, CancellationToken, Task<string?>> sendAsync, TimeProvider time)
{
    readonly IEnumerator<LoadKind> _kinds = mix.InOrder().GetEnumerator();
    readonly long _start = time.GetTimestamp();
    readonly long _total = (long)Math.Round(ratePerS * length.TotalSeconds);
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _next;

    /// <summary>Everything was due; nothing more will be sent.</summary>
    public bool IsOver => Volatile.Read(ref _next) >= _total;

    /// <summary>Sends for the planned time; then waits for what is in flight, no longer than <paramref name="patience"/>.</summary>
    public async Task RunAsync(TimeSpan patience, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Cli.LoadTickMs), time);
        do
            SendDue(cancellation);
        while (!IsOver && await timer.WaitForNextTickAsync(cancellation));
        // Whoever answers from here on sees that it is over; who answered before is seen here.
        Interlocked.MemoryBarrier();
        if (tally.InFlight == 0)
            return;
        try
        {
            await _drained.Task.WaitAsync(patience, time, cancellation);
        }
        catch (TimeoutException)
        {
            // Still unanswered: the table says how many.
        }
    }

    /// <summary>Sends what is due by now and was not sent.</summary>
    public void SendDue(CancellationToken cancellation)
    {
        var elapsed = time.GetElapsedTime(_start);
        for (; _next < _total && DueAt(_next) <= elapsed; _next++)
        {
            _kinds.MoveNext();
            var (kind, number) = (_kinds.Current, _next);
            if (tally.InFlight >= inFlightMax)
            {
                tally.CouldNotSend(kind);
                continue;
            }
            tally.Sending(kind);
            _ = Task.Run(() => SendAsync(kind, number, cancellation), CancellationToken.None);
        }
    }

    TimeSpan DueAt(long number) => TimeSpan.FromSeconds(number / ratePerS);

    async Task SendAsync(LoadKind kind, long number, CancellationToken cancellation)
    {
        string? refusal;
        try
        {
            refusal = await sendAsync(kind, number, cancellation);
        }
        catch (OperationCanceledException)
        {
            refusal = "CANCELLED";
        }
        catch (Exception error) when (error is IOException or HttpRequestException or InvalidOperationException or ObjectDisposedException)
        {
            // Not an answer of the platform; counted as what it is, under the name of its kind.
            refusal = error.GetType().Name;
        }
        tally.Answered(kind, time.GetElapsedTime(_start) - DueAt(number), refusal);
        if (IsOver && tally.InFlight == 0)
            _drained.TrySetResult();
    }
}
