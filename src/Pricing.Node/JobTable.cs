using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Pricing.Node.V1;
using Pricing.Node.Workers;
using Pricing.Quoting.V1;

namespace Pricing.Node;

/// <summary>
/// The leases this node holds, across streams: how many there may be, which of them are being measured, and what becomes of each outcome.
/// </summary>
sealed class JobTable(NodeOptions options, WorkerPool pool, KeptModels kept, CompletionSender completion, ILogger<JobTable> log) : IDisposable
{
    static readonly ActivitySource Activities = new("Pricing.Node");

    readonly Lock _gate = new();
    readonly Dictionary<Lease, (JobRun Run, Task Life)> _held = [];
    readonly SemaphoreSlim _slots = new(options.Threads);
    CoordinatorSession? _session;

    /// <summary>Models whose bytes are here.</summary>
    public KeptModels Kept => kept;

    /// <summary>A welcomed stream takes over; answers how many jobs it may be given at once. Later ones are granted as jobs end.</summary>
    public int Enter(CoordinatorSession session)
    {
        lock (_gate)
        {
            _session = session;
            return options.JobsMax - _held.Count;
        }
    }

    /// <summary>The stream is gone: jobs whose bytes are not all here cannot end; the others go on and answer by their own call.</summary>
    public void Leave(CoordinatorSession session)
    {
        lock (_gate)
        {
            if (_session == session)
                _session = null;
        }
        foreach (var run in Of(session).Where(run => !run.HasAllBytes))
            run.Stop("its stream was lost before all bytes were here");
    }

    /// <summary>Takes a lease; false when the node holds all it may, or this very one.</summary>
    public bool TryTake(Assign assign, CoordinatorSession session)
    {
        lock (_gate)
        {
            var run = new JobRun(assign, session, options.Time);
            if (_held.Count >= options.JobsMax || _held.ContainsKey(run.Lease))
            {
                run.Dispose();
                return false;
            }
            // The same job under an older lease can only be told that it is stale.
            foreach (var (older, _) in _held.Values.Where(job => job.Run.Lease.JobId == assign.JobId))
                older.Stop("leased again to this node");
            // The place in the queue for a thread is taken here, so that jobs start in the order they came.
            var slot = _slots.WaitAsync(run.StopToken);
            _held.Add(run.Lease, (run, Task.Run(() => LiveAsync(run, slot))));
            return true;
        }
    }

    public JobRun? Find(long jobId, int epoch)
    {
        lock (_gate)
            return _held.TryGetValue(new Lease(jobId, epoch), out var job) ? job.Run : null;
    }

    public IReadOnlyList<JobRun> Of(CoordinatorSession session)
    {
        lock (_gate)
            return [.. _held.Values.Select(job => job.Run).Where(run => run.Session == session)];
    }

    /// <summary>Ends when all jobs have that are held at this moment.</summary>
    public Task WhenEnded()
    {
        lock (_gate)
            return Task.WhenAll(_held.Values.Select(job => job.Life));
    }

    public void StopAll(string why)
    {
        lock (_gate)
        {
            foreach (var (run, _) in _held.Values)
                run.Stop(why);
        }
    }

    public void Dispose()
    {
        // A measurement that did not end within the stop's time still gives its slot back.
        if (WhenEnded().IsCompleted)
            _slots.Dispose();
    }

    async Task LiveAsync(JobRun run, Task slot)
    {
        using var activity = ActivityContext.TryParse(run.Assign.Traceparent, null, isRemote: true, out var parent)
            ? Activities.StartActivity("calc.attempt", ActivityKind.Consumer, parent)
            : Activities.StartActivity("calc.attempt", ActivityKind.Consumer);
        activity?.SetTag("job_id", run.Lease.JobId).SetTag("epoch", run.Lease.Epoch);

        var outcome = await MeasureAsync(run, slot).ConfigureAwait(false);
        activity?.SetTag("outcome", outcome.GetType().Name);
        if (outcome is JobOutcome.Measured && run.Collected is { } chunks)
            kept.Keep(run.Assign.ModelSha256, run.Assign.ModelBytes, chunks);
        else if (outcome is JobOutcome.Released { Reason: ReleaseReason.HashMismatch })
            kept.Forget(run.Assign.ModelSha256);
        try
        {
            await AnswerAsync(run, outcome).ConfigureAwait(false);
        }
        finally
        {
            CoordinatorSession? session;
            lock (_gate)
            {
                _held.Remove(run.Lease);
                session = _session;
                session?.Grant();
            }
            run.Session.JobEnded();
            run.Dispose();
        }
    }

    async Task<JobOutcome> MeasureAsync(JobRun run, Task slot)
    {
        try
        {
            await slot.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return run.WhenStopped;
        }
        try
        {
            // Alone, a job gets all threads; the figures do not depend on how many it has.
            var threads = Math.Max(1, options.Threads / Math.Max(1, options.Threads - _slots.CurrentCount));
            // A thread of its own: measuring would starve the pool that reads the stream and beats the heart.
            return await Task.Factory.StartNew(
                () => run.Measure(pool, threads), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    async Task AnswerAsync(JobRun run, JobOutcome outcome)
    {
        switch (outcome)
        {
            case JobOutcome.Measured measured:
                await CompleteAsync(run, new CompleteJobRequest { Measurement = measured.Measurement }).ConfigureAwait(false);
                break;
            case JobOutcome.Failed failed:
                log.LogInformation("Job {JobId} epoch {Epoch}: the model is at fault, {Reason} at {Field}.",
                    run.Lease.JobId, run.Lease.Epoch, failed.Failure.Reason, failed.Failure.Field);
                await CompleteAsync(run, new CompleteJobRequest { Failure = failed.Failure }).ConfigureAwait(false);
                break;
            case JobOutcome.Released released:
                log.LogWarning("Job {JobId} epoch {Epoch} given back: {Reason}.", run.Lease.JobId, run.Lease.Epoch, released.Reason);
                run.Session.Release(run.Lease, released.Reason);
                break;
            case JobOutcome.WorkerDied died:
                log.LogError("Job {JobId} epoch {Epoch} ended its worker: {Reason}, exit {ExitCode}, {Stage}, {BytesConsumed} bytes in, {RssBytes} bytes resident. {StderrTail}",
                    run.Lease.JobId, run.Lease.Epoch, died.Death.Reason, died.Death.ExitCode, died.Death.Stage, died.Death.BytesConsumed, died.Death.RssBytes,
                    died.Death.StderrTail.Trim());
                await CompleteAsync(run, new CompleteJobRequest { WorkerDeath = died.Death }).ConfigureAwait(false);
                break;
            case JobOutcome.Crashed crashed:
                log.LogError(crashed.Cause, "Job {JobId} epoch {Epoch}: measuring failed unexpectedly.", run.Lease.JobId, run.Lease.Epoch);
                await OwnFaultAsync(run, ReleaseReason.Internal).ConfigureAwait(false);
                break;
            case JobOutcome.Stopped stopped:
                log.LogInformation("Job {JobId} epoch {Epoch} stopped: {Why}.", run.Lease.JobId, run.Lease.Epoch, stopped.Why);
                break;
        }
    }

    async Task CompleteAsync(JobRun run, CompleteJobRequest request)
    {
        request.JobId = run.Lease.JobId;
        request.Epoch = run.Lease.Epoch;
        switch (await completion.SendAsync(request, run.StopToken).ConfigureAwait(false))
        {
            case CompletionEnd.Refused:
                await OwnFaultAsync(run, ReleaseReason.AnswerRefused).ConfigureAwait(false);
                break;
            case CompletionEnd.GaveUp:
                run.Session.Release(run.Lease, ReleaseReason.OutOfTime);
                break;
        }
    }

    // Another node may succeed where we did not, so the lease is given back; but a release counts no attempt, and a model that trips every node
    // would travel for ever. The epoch counts the leases: from the last allowed attempt on, the fault becomes the answer.
    async Task OwnFaultAsync(JobRun run, string reason)
    {
        if (run.Lease.Epoch < Limits.Job.AttemptsMax)
        {
            run.Session.Release(run.Lease, reason);
            return;
        }
        var failure = new Failure
        {
            Reason = ReleaseReason.Internal,
            Message = "The model could not be measured: every node that tried it failed. We have been told.",
        };
        await completion.SendAsync(
            new CompleteJobRequest { JobId = run.Lease.JobId, Epoch = run.Lease.Epoch, Failure = failure }, run.StopToken).ConfigureAwait(false);
    }
}
