using NUnit.Framework;
using Pricing.Coordinator.Jobs;

namespace Pricing.Tests.Coordinator.Jobs;

/// <summary>The shares of the lanes against queues that are nothing but lists of costs: claims as the database would answer them, without a database.</summary>
[TestFixture]
public sealed class LaneSharesTests
{
    const int Minimum = Limits.Job.LaneSharePercentMin;

    [Test]
    public void With_endless_work_of_equal_cost_the_heavier_lane_keeps_exactly_its_minimum()
    {
        var pool = new Pool(new LaneShares());
        pool.Enqueue(Lane.B2b, 100_000, 65);
        pool.Enqueue(Lane.B2c, 10_000, 65);
        for (var i = 0; i < 10_000; i++)
            pool.Claim(1);
        // The lighter lane is b2c to the end: 7,000 of its 10,000 are served.
        Assert.That(pool.ServedUnits(Lane.B2b) * 100.0 / pool.ServedUnits(), Is.EqualTo(Minimum).Within(0.1));
    }

    [Test]
    public void Each_lane_gets_its_minimum_of_the_cost_under_random_loads([Values(1, 2, 3, 4, 5, 6, 7, 8)] int seed)
    {
        var random = new Random(seed);
        TestContext.Out.WriteLine($"seed {seed}");
        var pool = new Pool(new LaneShares());
        // Dear and cheap jobs, lanes of very different kinds, batches of all sizes; both lanes always have work.
        var dearest = new Dictionary<Lane, long>();
        foreach (var lane in Lanes.All)
        {
            var high = random.Next(1, 20_000);
            for (var i = 0; i < 40_000; i++)
                pool.Enqueue(lane, 1, JobCost.Least + random.Next(high));
            dearest[lane] = JobCost.Least + high;
        }
        while (Lanes.All.All(lane => pool.WaitingJobs(lane) > 100))
        {
            pool.Claim(random.Next(1, 33));
            foreach (var lane in Lanes.All)
            {
                // Behind by no more than a batch and the dearest job of either lane, at any moment.
                var due = pool.ServedUnits() * Minimum / 100;
                Assert.That(pool.ServedUnits(lane), Is.GreaterThanOrEqualTo(due - 33 * dearest.Values.Max()), $"{lane}");
            }
        }
        foreach (var lane in Lanes.All)
            Assert.That(pool.ServedUnits(lane) * 100.0 / pool.ServedUnits(), Is.GreaterThan(Minimum - 1), $"{lane}");
    }

    [Test]
    public void No_slot_is_left_empty_while_either_lane_has_work([Values(11, 12, 13, 14)] int seed)
    {
        var random = new Random(seed);
        TestContext.Out.WriteLine($"seed {seed}");
        var pool = new Pool(new LaneShares());
        for (var round = 0; round < 5_000; round++)
        {
            foreach (var lane in Lanes.All)
                pool.Enqueue(lane, random.Next(4) == 0 ? random.Next(12) : 0, 1 + random.Next(500));
            var slots = random.Next(1, 10);
            var waiting = pool.WaitingJobs(Lane.B2b) + pool.WaitingJobs(Lane.B2c);
            Assert.That(pool.Claim(slots), Is.EqualTo(Math.Min(slots, waiting)), $"round {round}");
        }
    }

    [Test]
    public void A_split_hands_out_every_slot_and_no_more([Values(0, 1, 2, 7, 32, 64)] int slots)
    {
        var shares = new LaneShares();
        foreach (var (b2b, b2c) in new[] { (0L, 0L), (5L, 0L), (0L, 5L), (100L, 5L), (5L, 5L) })
        {
            var split = shares.Split(slots, b2b, b2c);
            Assert.That((split.B2b + split.B2c, split.B2b >= 0, split.B2c >= 0), Is.EqualTo((slots, true, true)));
        }
    }

    [Test]
    public void Idling_earns_nothing()
    {
        var pool = new Pool(new LaneShares());
        pool.Enqueue(Lane.B2b, 10_000, 65);
        for (var i = 0; i < 5_000; i++)
            pool.Claim(1);
        // The other lane comes with as much work as is left, and has no claim to the past.
        pool.Enqueue(Lane.B2c, 5_000, 65);
        var before = pool.ServedUnits(Lane.B2b);
        for (var i = 0; i < 100; i++)
            pool.Claim(1);
        Assert.That(pool.ServedUnits(Lane.B2b) - before, Is.GreaterThanOrEqualTo(25 * 65));
    }

    [Test]
    public void A_lane_that_had_the_pool_for_itself_is_not_starved_when_the_other_returns()
    {
        var pool = new Pool(new LaneShares());
        // Light and always preferred, but never dry: it gets the rest for long.
        pool.Enqueue(Lane.B2c, 50_000, 65);
        pool.Enqueue(Lane.B2b, 100_000, 65);
        for (var i = 0; i < 20_000; i++)
            pool.Claim(1);
        // Now it is the heavier one.
        pool.Enqueue(Lane.B2c, 500_000, 65);
        var before = pool.ServedUnits(Lane.B2c);
        for (var i = 0; i < 100; i++)
            pool.Claim(1);
        Assert.That(pool.ServedUnits(Lane.B2c) - before, Is.GreaterThanOrEqualTo(28 * 65), "its minimum begins at once");
    }

    [Test]
    public void After_a_dear_job_the_other_lane_is_served_until_the_shares_are_right_again()
    {
        var pool = new Pool(new LaneShares());
        pool.Enqueue(Lane.B2b, 1, 100_000);
        pool.Enqueue(Lane.B2b, 100_000, 100);
        pool.Enqueue(Lane.B2c, 5_000, 100);
        for (var i = 0; i < 2_000; i++)
            pool.Claim(1);
        Assert.That(pool.ServedUnits(Lane.B2b), Is.EqualTo(100_000), "the dear one, and then none while it is paid back");
        for (var i = 0; i < 2_000; i++)
            pool.Claim(1);
        Assert.That(pool.ServedUnits(Lane.B2b) * 100.0 / pool.ServedUnits(), Is.EqualTo(Minimum).Within(2));
    }

    /// <summary>Two queues and what was served of each; a claim tops up from the other lane, as the statement does.</summary>
    sealed class Pool(LaneShares shares)
    {
        readonly Dictionary<Lane, Queue<long>> _waiting = Lanes.All.ToDictionary(lane => lane, _ => new Queue<long>());
        readonly Dictionary<Lane, long> _waitingUnits = Lanes.All.ToDictionary(lane => lane, _ => 0L);
        readonly Dictionary<Lane, long> _served = Lanes.All.ToDictionary(lane => lane, _ => 0L);

        public int WaitingJobs(Lane lane) => _waiting[lane].Count;

        public long ServedUnits(Lane lane) => _served[lane];

        public long ServedUnits() => _served.Values.Sum();

        public void Enqueue(Lane lane, int jobs, long cost)
        {
            for (var i = 0; i < jobs; i++)
                _waiting[lane].Enqueue(cost);
            _waitingUnits[lane] += jobs * cost;
        }

        public int Claim(int slots)
        {
            var split = shares.Split(slots, _waitingUnits[Lane.B2b], _waitingUnits[Lane.B2c]);
            var jobs = Lanes.All.ToDictionary(lane => lane, lane => Math.Min(split[lane], WaitingJobs(lane)));
            foreach (var lane in Lanes.All)
                jobs[lane] += Math.Min(slots - jobs.Values.Sum(), WaitingJobs(lane) - jobs[lane]);
            var takes = Lanes.All.ToDictionary(lane => lane, lane => new LaneTake(split[lane], jobs[lane], Take(lane, jobs[lane])));
            shares.Served(takes[Lane.B2b], takes[Lane.B2c]);
            return jobs.Values.Sum();
        }

        long Take(Lane lane, int jobs)
        {
            long cost = 0;
            for (var i = 0; i < jobs; i++)
                cost += _waiting[lane].Dequeue();
            _served[lane] += cost;
            _waitingUnits[lane] -= cost;
            return cost;
        }
    }
}
