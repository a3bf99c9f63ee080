using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Scheduling;

namespace Pricing.Coordinator.Simulation;

/// <summary>A coordinator: the real <see cref="Scheduler"/>, around it what the shell, the sessions, the acceptor and the quote loops do.</summary>
sealed class SimCoordinator(World world, int id) : SimProcess(world, id)
{
    const int TickMs = 500;
    const int DrainMs = Limits.Wire.ShutdownMs / 2;

    readonly List<SimStream> _streams = [];
    // What each stream's session is sending or has sent: job and epoch.
    readonly Dictionary<(long Stream, long Job), int> _sessions = [];
    readonly HashSet<long> _endedHere = [];
    Scheduler _scheduler = null!;
    bool _isStopping;

    /// <summary>The engine whose measurements this version asks for.</summary>
    public int EngineVersion { get; set; } = 1;

    /// <summary>Its monotonic clock has an origin of its own.</summary>
    public long ClockOffsetMs { get; private set; }

    public bool Serves => IsUp && !_isStopping;
    public int LeasesHeld => IsUp ? _scheduler.LeasesHeld : 0;

    /// <summary>What this process would still act for, by its own clock, also while it is stopped.</summary>
    public bool Trusts(LeaseId lease) => IsUp && _scheduler.Trusts(lease, World.Now + ClockOffsetMs);

    protected override void OnStart()
    {
        _isStopping = false;
        ClockOffsetMs = World.Random.Between(0, 1_000_000);
        var times = SchedulerTimes.OfLimits;
        _scheduler = World.Bug switch
        {
            PlantedBug.TrustForEver => new Scheduler(times with { LeaseMs = 1 << 29 }),
            PlantedBug.TrustFromReply => new Scheduler(times, SchedulerFault.TrustFromReply),
            PlantedBug.ForgetsClaimOfGoneNode => new Scheduler(times, SchedulerFault.ForgetsClaimOfGoneNode),
            _ => new Scheduler(times),
        };
        After(World.Random.Between(1, TickMs), SimEvent.Tick, 0, Tick);
        After(World.Random.Between(1, Limits.Quote.PollMs), SimEvent.Maintain, 0, Maintain);
    }

    protected override void OnKilled()
    {
        foreach (var stream in _streams)
            stream.CloseHere();
        _streams.Clear();
        _sessions.Clear();
        _endedHere.Clear();
    }

    /// <summary>SIGTERM: the nodes are told, what they do not have yet is given back, the streams end, the process exits.</summary>
    public void BeginStop()
    {
        if (!Serves)
            return;
        _isStopping = true;
        Step(SchedulerEvent.Stop);
        After(World.Random.Between(1, DrainMs), SimEvent.Drained, 0, () =>
        {
            foreach (var stream in _streams.ToArray())
            {
                stream.CloseHere();
                Lost(stream, "coordinator stops");
            }
        });
        After(DrainMs + World.Random.Between(1, 1_000), SimEvent.Exits, 0, Kill);
    }

    /// <summary>A node dials. False: nobody takes the call.</summary>
    public bool Dialled(SimStream stream)
    {
        if (!Serves)
            return false;
        _streams.Add(stream);
        stream.Open();
        After(0, SimEvent.Dial, stream.Id, () =>
        {
            if (!stream.IsOpenHere)
                return;
            // The same run of a node on a newer stream ends the older one.
            foreach (var earlier in _streams.ToArray())
            {
                if (earlier == stream || earlier.Node != stream.Node)
                    continue;
                earlier.CloseHere();
                Lost(earlier, "dialled again");
            }
            stream.ToNode(new Frame(FrameKind.Welcome));
            Step(SchedulerEvent.NodeJoined(stream.Id, new NodeFacts(stream.Node.Incarnation, $"n{stream.Node.Id}", stream.Node.EngineVersion, stream.Node.DedicatedTo)));
        });
        return true;
    }

    public void Take(SimStream stream, Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Credit:
                Step(SchedulerEvent.CreditGranted(stream.Id, frame.Count));
                break;
            case FrameKind.Release when Forget(stream.Id, frame.Lease):
                Step(SchedulerEvent.LeaseReleased(stream.Id, frame.Lease, "node"));
                break;
        }
    }

    public void Lost(SimStream stream, string why)
    {
        if (!_streams.Remove(stream))
            return;
        Step(SchedulerEvent.NodeLeft(stream.Id, why));
    }

    public void DrainNode(SimNode node)
    {
        foreach (var stream in _streams.ToArray())
        {
            if (stream.Node == node && stream.IsOpenHere)
                Step(SchedulerEvent.DrainNode(stream.Id));
        }
    }

    /// <summary>CompleteJob: from any node, for any lease.</summary>
    public void CompleteJob(SimAnswer answer, Guid incarnation, Action<Completion> reply)
    {
        World.Store.Call(this, answer.Lease.JobId, store => answer.Kind switch
        {
            AnswerKind.Figures => store.Complete(answer.Lease, incarnation, answer.Figures),
            AnswerKind.Failure => store.Fail(answer.Lease, incarnation, "FAULTY"),
            _ => store.Strike(World.Now, answer.Lease, incarnation).Completion,
        }, completion =>
        {
            foreach (var stream in _streams)
            {
                if (stream.Node.Incarnation != incarnation || !Forget(stream.Id, answer.Lease))
                    continue;
                Step(SchedulerEvent.AnswerTaken(stream.Id, answer.Lease));
                break;
            }
            if (completion is Completion.Applied)
                Ended(answer.Lease.JobId);
            reply(completion);
        }, () => { });
    }

    /// <summary>CreateQuote.</summary>
    public void Accept(string partner, string requestId, ModelKey key, int timeLeftMs, Action<long> reply)
    {
        var quoteId = World.NextQuoteId();
        if (World.Bug is PlantedBug.AckBeforeCommit)
            reply(quoteId);
        World.Store.Call(this, quoteId, store => store.Accept(World.Now, partner, requestId, key.Model, key, quoteId, timeLeftMs), accepted =>
        {
            if (World.Bug is PlantedBug.IdempotencyOutsideTransaction)
            {
                World.Store.Call(this, quoteId, store =>
                {
                    store.RememberLate(partner, requestId, key.Model, accepted.QuoteId);
                    return true;
                }, _ => reply(accepted.QuoteId), () => { });
                return;
            }
            Step(SchedulerEvent.WorkMayExist);
            if (World.Bug is not PlantedBug.AckBeforeCommit)
                reply(accepted.QuoteId);
        }, () => { });
    }

    /// <summary>CancelQuote.</summary>
    public void CancelQuote(string partner, long quoteId) =>
        World.Store.Call(this, quoteId, store => store.CancelQuote(partner, quoteId), cancelled =>
        {
            if (cancelled is { JobCancelled: true } done)
                Ended(done.JobId);
        }, () => { });

    /// <summary>ReleaseQuarantinedJob.</summary>
    public void LiftQuarantine(long jobId, int timeLeftMs) =>
        World.Store.Call(this, jobId, store => store.LiftQuarantine(World.Now, jobId, timeLeftMs), _ => Step(SchedulerEvent.WorkMayExist), () => { });

    void Tick()
    {
        Step(SchedulerEvent.QueueSeen(World.Waiting(Lane.B2b), World.Waiting(Lane.B2c)));
        Step(SchedulerEvent.Tick);
        After(TickMs, SimEvent.Tick, 0, Tick);
    }

    // QuotePricer and QuoteDeadlines: two loops of every coordinator.
    void Maintain()
    {
        Settle();
        World.Store.Call(this, 0, store => store.FailQuotesPastDeadline(World.Now), late => late.CancelledJobs.ForEach(Ended), () => { });
        After(Limits.Quote.PollMs, SimEvent.Maintain, 0, Maintain);
    }

    void Settle()
    {
        var only = World.Bug is PlantedBug.SettleFromMemory ? new HashSet<long>(_endedHere) : null;
        World.Store.Call(this, 0, store => store.Settle(only), _ => { }, () => { });
    }

    void Ended(long jobId)
    {
        _endedHere.Add(jobId);
        Settle();
        Step(SchedulerEvent.JobEnded(jobId));
    }

    void Step(SchedulerEvent happened)
    {
        // Nothing that is done here steps again before the last of them is done: the span stays good.
        var effects = _scheduler.Step(happened, World.Now + ClockOffsetMs);
        World.Hold(_scheduler.HoldsOnlyForNodesHere(), "LEASE", $"coordinator {Id} holds a lease for a stream that is gone");
        foreach (var effect in effects)
            Do(effect);
    }

    void Do(SchedulerEffect effect)
    {
        switch (effect.Kind)
        {
            case SchedulerEffectKind.Claim:
                var callerNow = World.Now - 30_000 + ClockOffsetMs % 60_000;
                World.Store.Call(this, effect.Call, store => store.Claim(World.Now, effect.EngineVersion, effect.Offers, effect.Split, callerNow),
                    leases => TakeClaimed(effect.Call, leases), () => Failed(effect));
                break;
            case SchedulerEffectKind.Renew:
                var sentAt = World.Now - 30_000 + ClockOffsetMs % 60_000;
                World.Store.Call(this, effect.Call, store => store.Renew(World.Now, effect.Leases, sentAt),
                    held => Step(SchedulerEvent.RenewDone(effect.Call, held)), () => Failed(effect), Limits.Job.RenewCallMs);
                break;
            case SchedulerEffectKind.EndLeases:
                World.Store.Call(this, effect.Call, store => store.EndLeases(World.Now, effect.Leases, effect.End), failed =>
                {
                    failed.ForEach(Ended);
                    Step(SchedulerEvent.EndLeasesDone(effect.Call));
                }, () => Failed(effect));
                break;
            case SchedulerEffectKind.Rescue:
                World.Store.Call(this, effect.Call, store => store.Rescue(World.Now), rescue =>
                {
                    rescue.Exhausted.ForEach(Ended);
                    Step(SchedulerEvent.RescueDone(effect.Call, rescue.Rescued));
                }, () => Failed(effect));
                break;
            case SchedulerEffectKind.FailPastDeadline:
                World.Store.Call(this, effect.Call, store => store.FailPastDeadline(World.Now), late =>
                {
                    late.ForEach(Ended);
                    Step(SchedulerEvent.FailPastDeadlineDone(effect.Call, late.Count));
                }, () => Failed(effect));
                break;
            case SchedulerEffectKind.Assign when Find(effect.Stream) is { } stream:
                Assign(stream, effect.Lease!);
                break;
            case SchedulerEffectKind.Revoke when Find(effect.Stream) is { } stream:
                Forget(stream.Id, effect.LeaseId);
                stream.ToNode(new Frame(FrameKind.Cancel, effect.LeaseId));
                break;
            case SchedulerEffectKind.SendDrain:
                Find(effect.Stream)?.ToNode(new Frame(FrameKind.Drain));
                break;
        }
    }

    void TakeClaimed(long call, List<Lease> leases)
    {
        Step(SchedulerEvent.ClaimDone(call, leases));
        foreach (var lease in leases)
            World.Hold(_scheduler.SpeaksFor(new LeaseId(lease.JobId, lease.Epoch)), "LEASE", $"coordinator {Id} claimed job {lease.JobId} and neither holds it nor gives it back");
    }

    void Failed(SchedulerEffect effect) => Step(SchedulerEvent.Failed(effect.Kind, effect.Call));

    void Assign(SimStream stream, Lease lease)
    {
        var id = new LeaseId(lease.JobId, lease.Epoch);
        World.Hold(Trusts(id), "LEASE", $"coordinator {Id} hands out job {lease.JobId} under a lease it does not trust");
        World.Hold(stream.Node.DedicatedTo is not { } only || only == lease.Lane, "I7", $"job {lease.JobId} of lane {lease.Lane} was given to a node of lane {stream.Node.DedicatedTo}");
        _sessions[(stream.Id, lease.JobId)] = lease.Epoch;
        stream.ToNode(new Frame(FrameKind.Assign, id, World.TimeLeftMs(lease)));
        var isBroken = World.Strikes(FaultKind.SendFailed, 0.1);
        After(World.TransferMs(), SimEvent.BytesSent, lease.JobId, () =>
        {
            if (!stream.IsOpenHere || _sessions.GetValueOrDefault((stream.Id, lease.JobId)) != lease.Epoch)
                return;
            if (isBroken)
            {
                Step(SchedulerEvent.SendFailed(stream.Id, id, "model bytes cannot be sent", World.Random.Chance(0.5) ? LeaseEnd.Lost : LeaseEnd.Released));
                return;
            }
            stream.ToNode(new Frame(FrameKind.LastBytes, id));
            Step(SchedulerEvent.AllBytesSent(stream.Id, id));
        });
    }

    bool Forget(long stream, LeaseId lease) =>
        _sessions.GetValueOrDefault((stream, lease.JobId)) == lease.Epoch && _sessions.Remove((stream, lease.JobId));

    SimStream? Find(long stream)
    {
        foreach (var open in _streams)
        {
            if (open.Id == stream && open.IsOpenHere)
                return open;
        }
        return null;
    }
}
