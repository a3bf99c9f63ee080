using System.Text.RegularExpressions;
using NUnit.Framework;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Scheduling;
using Pricing.Tests.Repository;

namespace Pricing.Tests.Coordinator.Scheduling;

/// <summary>Known answers of the step function.</summary>
[TestFixture]
public sealed class SchedulerTests
{
    const int LeaseMs = 15_000, RenewMs = 5_000;

    static readonly NodeFacts Node = new(new Guid(1, 0, 0, new byte[8]), "n", 1);

    readonly List<SchedulerEffect> _effects = [];
    Scheduler _scheduler = null!;

    [SetUp]
    public void Create() => _scheduler = new Scheduler(new SchedulerTimes(LeaseMs, RenewMs, RescueMs: 1_000, DispatchMs: 1_000));

    [Test]
    public void A_credit_claims_and_the_lease_is_assigned()
    {
        Step(SchedulerEvent.NodeJoined(7, Node), 0);
        Step(SchedulerEvent.CreditGranted(7, 2), 10);
        var claim = Only(SchedulerEffectKind.Claim);
        Assert.That((claim.EngineVersion, claim.Offers.Count), Is.EqualTo((1, 2)));

        Step(SchedulerEvent.ClaimDone(claim.Call, [Lease(1)]), 20);
        var assign = Only(SchedulerEffectKind.Assign);
        Assert.That((assign.Stream, assign.Lease!.JobId), Is.EqualTo((7, 1)));
    }

    [Test]
    public void One_claim_is_under_way_at_a_time_and_a_full_one_is_followed_by_another()
    {
        Step(SchedulerEvent.NodeJoined(7, Node), 0);
        Step(SchedulerEvent.CreditGranted(7, 40), 0);
        var claim = Only(SchedulerEffectKind.Claim);
        Assert.That(claim.Offers, Has.Count.EqualTo(Limits.Job.ClaimBatchMax));
        Step(SchedulerEvent.WorkMayExist, 1);
        Assert.That(_effects.Where(e => e.Kind is SchedulerEffectKind.Claim), Is.Empty);

        Step(SchedulerEvent.ClaimDone(claim.Call, [.. Enumerable.Range(1, Limits.Job.ClaimBatchMax).Select(i => Lease(i))]), 2);
        Assert.That(Only(SchedulerEffectKind.Claim).Offers, Has.Count.EqualTo(40 - Limits.Job.ClaimBatchMax));
    }

    [Test]
    public void Nodes_of_two_engines_are_claimed_for_in_turn()
    {
        Step(SchedulerEvent.NodeJoined(7, Node), 0);
        Step(SchedulerEvent.NodeJoined(8, new NodeFacts(new Guid(2, 0, 0, new byte[8]), "m", 2)), 0);
        Step(SchedulerEvent.CreditGranted(7, 1), 0);
        var first = Only(SchedulerEffectKind.Claim);
        Step(SchedulerEvent.CreditGranted(8, 1), 0);
        Step(SchedulerEvent.ClaimDone(first.Call, []), 1);
        Assert.That((first.EngineVersion, Only(SchedulerEffectKind.Claim).EngineVersion), Is.EqualTo((1, 2)));
    }

    [Test]
    public void A_dedicated_node_offers_for_its_lane_and_the_others_are_shared()
    {
        Step(SchedulerEvent.QueueSeen(waitingB2b: 100, waitingB2c: 5), 0);
        Step(SchedulerEvent.NodeJoined(8, new NodeFacts(new Guid(2, 0, 0, new byte[8]), "m", 1, Lane.B2b)), 0);
        Step(SchedulerEvent.NodeJoined(7, Node), 0);
        var first = ClaimOf(8, 1);
        Assert.That((first.Offers.Single().DedicatedTo, first.Split), Is.EqualTo((Lane.B2b, new LaneSplit(0, 0))));
        Step(SchedulerEvent.CreditGranted(7, 4), 0);
        Step(SchedulerEvent.ClaimDone(first.Call, []), 1);
        var second = Only(SchedulerEffectKind.Claim);
        Assert.That(second.Offers.Select(o => o.DedicatedTo), Is.EquivalentTo(new Lane?[] { null, null, null, null, Lane.B2b }));
        Assert.That(second.Split, Is.EqualTo(new LaneSplit(1, 3)), "the lane with less work goes first, the other gets its minimum");
    }

    [Test]
    public void A_job_that_is_born_leased_is_handed_to_its_node_or_given_back()
    {
        Step(SchedulerEvent.NodeJoined(7, Node), 0);
        Step(SchedulerEvent.CreditGranted(7, 1), 0);
        Step(SchedulerEvent.LeaseBorn(7, Lease(1), 0), 10);
        Assert.That(Only(SchedulerEffectKind.Assign).Lease!.JobId, Is.EqualTo(1));
        Step(SchedulerEvent.LeaseBorn(7, Lease(2), 0), 20);
        Assert.That(Only(SchedulerEffectKind.EndLeases).Leases, Is.EqualTo(new[] { new LeaseId(2, 1) }), "no credit is left");
    }

    [Test]
    public void A_lease_for_a_node_that_has_left_goes_back_uncounted()
    {
        var claim = ClaimUnderWay();
        Step(SchedulerEvent.NodeLeft(7, "gone"), 5);
        Step(SchedulerEvent.ClaimDone(claim, [Lease(1)]), 10);
        var ending = Only(SchedulerEffectKind.EndLeases);
        Assert.That((ending.End, ending.Leases), Is.EqualTo((LeaseEnd.Released, new[] { new LeaseId(1, 1) })));
        Assert.That(_scheduler.LeasesHeld, Is.Zero);
    }

    [Test]
    public void A_claim_that_is_answered_after_the_lease_time_is_not_handed_out()
    {
        var claim = ClaimUnderWay();
        Step(SchedulerEvent.ClaimDone(claim, [Lease(1)]), LeaseMs + 1);
        Assert.That(_effects.Select(e => e.Kind), Does.Not.Contain(SchedulerEffectKind.Assign));
        Assert.That(Only(SchedulerEffectKind.EndLeases).End, Is.EqualTo(LeaseEnd.Released));
    }

    [Test]
    public void A_lease_is_trusted_for_its_time_from_when_the_renewal_was_sent()
    {
        HoldOne();
        Step(SchedulerEvent.Tick, RenewMs);
        var renew = Only(SchedulerEffectKind.Renew);
        // The answer takes long: the lease counts from 5 s all the same.
        Step(SchedulerEvent.RenewDone(renew.Call, new HashSet<long> { 1 }), RenewMs + 4_000);
        Step(SchedulerEvent.Tick, RenewMs + LeaseMs);
        Assert.That(_effects.Select(e => e.Kind), Does.Not.Contain(SchedulerEffectKind.Revoke));

        Step(SchedulerEvent.Tick, RenewMs + LeaseMs + 1);
        var revoke = Only(SchedulerEffectKind.Revoke);
        Assert.That((revoke.Stream, revoke.LeaseId, revoke.Reason), Is.EqualTo((7, new LeaseId(1, 1), "LEASE_LOST")));
        Assert.That(_scheduler.LeasesHeld, Is.Zero);
    }

    [Test]
    public void A_renewal_without_an_answer_is_sent_again()
    {
        HoldOne();
        Step(SchedulerEvent.Tick, RenewMs);
        Step(SchedulerEvent.Failed(SchedulerEffectKind.Renew, Only(SchedulerEffectKind.Renew).Call), 9_000);
        Step(SchedulerEvent.Tick, 10_000);
        Assert.That(Only(SchedulerEffectKind.Renew).Leases, Is.EqualTo(new[] { new LeaseId(1, 1) }));
    }

    [Test]
    public void A_lease_that_is_not_renewed_any_more_is_revoked()
    {
        HoldOne();
        Step(SchedulerEvent.Tick, RenewMs);
        Step(SchedulerEvent.RenewDone(Only(SchedulerEffectKind.Renew).Call, new HashSet<long>()), RenewMs + 1);
        Assert.That(Only(SchedulerEffectKind.Revoke).Reason, Is.EqualTo("LEASE_LOST"));
    }

    [Test]
    public void A_lost_stream_ends_its_leases_as_attempts_until_the_database_has_heard()
    {
        HoldOne();
        Step(SchedulerEvent.NodeLeft(7, "stream lost"), 100);
        var ending = Only(SchedulerEffectKind.EndLeases);
        Assert.That((ending.End, ending.Reason), Is.EqualTo((LeaseEnd.Lost, "stream lost")));
        Step(SchedulerEvent.Failed(SchedulerEffectKind.EndLeases, ending.Call), 200);
        Assert.That(_effects.Select(e => e.Kind), Does.Not.Contain(SchedulerEffectKind.EndLeases), "not at once");
        Step(SchedulerEvent.Tick, 1_200);
        var again = Only(SchedulerEffectKind.EndLeases);
        Assert.That(again.Leases, Is.EqualTo(ending.Leases));

        // When the lease time is over the rescuer does it.
        Step(SchedulerEvent.Failed(SchedulerEffectKind.EndLeases, again.Call), LeaseMs + 1_000);
        Step(SchedulerEvent.Tick, LeaseMs + 5_000);
        Assert.That(_effects.Select(e => e.Kind), Does.Not.Contain(SchedulerEffectKind.EndLeases));
    }

    [Test]
    public void A_stop_drains_the_nodes_gives_back_what_they_do_not_have_and_leaves_what_they_have()
    {
        var claim = ClaimUnderWay(credits: 2);
        Step(SchedulerEvent.ClaimDone(claim, [Lease(1), Lease(2)]), 10);
        Step(SchedulerEvent.AllBytesSent(7, new LeaseId(1, 1)), 20);
        Step(SchedulerEvent.Stop, 30);
        Assert.That(Only(SchedulerEffectKind.SendDrain).Stream, Is.EqualTo(7));
        Assert.That(Only(SchedulerEffectKind.Revoke).LeaseId, Is.EqualTo(new LeaseId(2, 1)));
        Step(SchedulerEvent.Tick, 31);
        Step(SchedulerEvent.NodeLeft(7, "coordinator stops"), 40);
        Assert.That(_effects.Select(e => e.Kind), Does.Not.Contain(SchedulerEffectKind.EndLeases), "job 1 is answered elsewhere");
        Step(SchedulerEvent.WorkMayExist, 50);
        Assert.That(_effects.Select(e => e.Kind), Does.Not.Contain(SchedulerEffectKind.Claim));
    }

    [Test]
    public void An_answer_of_another_stream_takes_no_lease_away()
    {
        HoldOne();
        Step(SchedulerEvent.AnswerTaken(8, new LeaseId(1, 1)), 10);
        Step(SchedulerEvent.AnswerTaken(7, new LeaseId(1, 2)), 10);
        Assert.That(_scheduler.LeasesHeld, Is.EqualTo(1));
        Step(SchedulerEvent.AnswerTaken(7, new LeaseId(1, 1)), 10);
        Assert.That(_scheduler.LeasesHeld, Is.Zero);
    }

    [Test]
    public void A_full_rescue_is_followed_by_another_at_once()
    {
        Step(SchedulerEvent.Tick, 0);
        Step(SchedulerEvent.RescueDone(Only(SchedulerEffectKind.Rescue).Call, Limits.Job.RescueBatchMax), 10);
        Step(SchedulerEvent.FailPastDeadlineDone(Only(SchedulerEffectKind.FailPastDeadline).Call, 0), 20);
        Only(SchedulerEffectKind.Rescue);
    }

    [Test]
    public void A_step_that_has_nothing_to_do_allocates_nothing()
    {
        HoldOne();
        for (var i = 0; i < 1_000; i++)
            _scheduler.Step(SchedulerEvent.Tick, 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            _scheduler.Step(SchedulerEvent.Tick, 20);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(10_000));
    }

    /// <summary>What the simulator shows holds only while the same events give the same effects.</summary>
    [Test]
    public void The_room_of_the_step_function_has_no_io_no_task_and_no_clock()
    {
        var impure = new Regex(@"\b(async|await|Task|ValueTask|DateTime|TimeProvider|Stopwatch|Random|NewGuid|CreateVersion7|Npgsql|ILogger|Interlocked|lock|string\.GetHashCode|HashCode)\b");
        var found = SourceTree.Files("src/Pricing.Coordinator/Scheduling", "*.cs").SelectMany(file => SourceTree.Read(file).Split('\n')
            .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && impure.IsMatch(line)).Select(line => $"{file}: {line.Trim()}"));
        Assert.That(found, Is.Empty);
    }

    void HoldOne()
    {
        Step(SchedulerEvent.ClaimDone(ClaimUnderWay(), [Lease(1)]), 0);
        Assert.That(_scheduler.LeasesHeld, Is.EqualTo(1));
    }

    long ClaimUnderWay(int credits = 1)
    {
        // The first rescue is under way, so that only what a test is about comes after.
        Step(SchedulerEvent.NodeJoined(7, Node), 0);
        Step(SchedulerEvent.CreditGranted(7, credits), 0);
        return Only(SchedulerEffectKind.Claim).Call;
    }

    SchedulerEffect ClaimOf(long stream, int credits)
    {
        Step(SchedulerEvent.CreditGranted(stream, credits), 0);
        return Only(SchedulerEffectKind.Claim);
    }

    SchedulerEffect Only(SchedulerEffectKind kind) => _effects.Single(e => e.Kind == kind);

    void Step(SchedulerEvent happened, long nowMs)
    {
        _effects.Clear();
        _effects.AddRange(_scheduler.Step(happened, nowMs));
    }

    static Lease Lease(long jobId) => new(jobId, 1, Node.Incarnation, 1, [], 1, "", [], TimeSpan.FromMinutes(1), Lane.B2c, 1);
}
