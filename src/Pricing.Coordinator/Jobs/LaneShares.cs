namespace Pricing.Coordinator.Jobs;

/// <summary>What a claim got for a lane: how much it had asked for, what it got, and what that will cost.</summary>
public readonly record struct LaneTake(int Asked, int Jobs, long Cost);

/// <summary>
/// How the slots that serve both lanes are shared between them: each lane that has work gets at least its minimum share of the cost that is
/// served, and the rest goes to the lane with less work waiting, so that whoever asks for little is served at once. Neither lane ever
/// waits while a slot is empty: that is the claim's doing (JobStore.ClaimAsync).
/// </summary>
/// <remarks>
/// Deficit round robin (Shreedhar and Varghese, SIGCOMM 1995) for the minimum only. Each lane has an account, in cost units:
/// 1. Whatever is served while both lanes have work credits each lane with its minimum share of it, and debits the lane that was served.
/// 2. A lane with credit is owed service and goes first, the one with more credit before the other.
/// 3. When nobody is owed, the lane with less waiting goes first: that is the rest.
/// 4. A lane that ran dry keeps no credit (idling earns nothing). Debts do not add up: a lane owes no more than for its one dearest job, or else
///    a lane that had the pool for itself for an hour would starve for an hour.
/// Pure: no clock, no lock, no I/O. One caller, the dispatcher's loop. Each coordinator keeps the shares of its own slots, which keeps them for all.
/// </remarks>
public sealed class LaneShares(int b2bPercentMin = Limits.Job.LaneSharePercentMin, int b2cPercentMin = Limits.Job.LaneSharePercentMin)
{
    const int Whole = 100;

    readonly Account _b2b = new(b2bPercentMin), _b2c = new(b2cPercentMin);

    /// <summary>How many of the slots each lane may fill first, given the cost that waits in each.</summary>
    public LaneSplit Split(int slots, long waitingB2b, long waitingB2c)
    {
        var (b2b, b2c) = (_b2b.Owed, _b2c.Owed);
        var split = new LaneSplit();
        var lighter = waitingB2b < waitingB2c ? Lane.B2b : Lane.B2c;
        for (var i = 0; i < slots; i++)
        {
            // The jobs are not known yet: each lane's next one is taken to be like its latest ones.
            var lane = b2b > 0 && b2b >= b2c ? Lane.B2b : b2c > 0 ? Lane.B2c : lighter;
            var expected = lane is Lane.B2b ? _b2b.Usual : _b2c.Usual;
            b2b = _b2b.After(b2b, expected, lane is Lane.B2b);
            b2c = _b2c.After(b2c, expected, lane is Lane.B2c);
            split = lane is Lane.B2b ? split with { B2b = split.B2b + 1 } : split with { B2c = split.B2c + 1 };
        }
        return split;
    }

    /// <summary>What came of a claim on slots that serve both lanes. A lane that got less than it asked for has run dry.</summary>
    public void Served(LaneTake b2b, LaneTake b2c)
    {
        _b2b.Learn(b2b);
        _b2c.Learn(b2c);
        var (b2bDry, b2cDry) = (b2b.Jobs < b2b.Asked, b2c.Jobs < b2c.Asked);
        if (b2bDry || b2cDry)
        {
            // Nobody was held up by anybody.
            _b2b.Forgive(keepCredit: !b2bDry);
            _b2c.Forgive(keepCredit: !b2cDry);
            return;
        }
        _b2b.Take(b2b, b2c.Cost);
        _b2c.Take(b2c, b2b.Cost);
    }

    sealed class Account(int percentMin)
    {
        /// <summary>In hundredths of a cost unit; above 0 the lane is owed service.</summary>
        public long Owed { get; private set; }

        /// <summary>What a job of this lane costs, as far as is known: an average over the latest ones.</summary>
        public long Usual { get; private set; } = JobCost.Least;

        public long After(long owed, long cost, bool own)
        {
            if (!own)
                return owed + cost * percentMin;
            var paid = Math.Max(owed, 0) - cost * (Whole - percentMin);
            return Math.Min(owed, paid);
        }

        public void Learn(LaneTake take)
        {
            if (take.Jobs > 0)
                Usual = Math.Max(1, Usual + (take.Cost / take.Jobs - Usual) / 4);
        }

        public void Take(LaneTake own, long costOfOther)
        {
            Owed = After(Owed, costOfOther, own: false);
            // A batch is debited job by job, or else its debt would be that of one dear job.
            for (var i = 0; i < own.Jobs; i++)
                Owed = After(Owed, own.Cost / own.Jobs, own: true);
        }

        public void Forgive(bool keepCredit) => Owed = keepCredit ? Math.Max(Owed, 0) : 0;
    }
}
