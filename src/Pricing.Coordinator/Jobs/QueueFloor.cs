using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Coordinator.Database;

namespace Pricing.Coordinator.Jobs;

/// <summary>
/// Where each lane's queue begins. While some session holds an old snapshot, vacuum cannot remove the index entries of jobs that were claimed
/// since: whoever looks at the queue from its beginning steps over all of them, and slows down for as long as the snapshot lives. So one look a
/// second is taken from the beginning, here; when it is slow, the pass it found is noted in <c>queue_floor</c>, and claims and new places look
/// from there. Whoever offers a job again forgets the note; what is committed late with a place before it is found by the next look. While looks are quick, which is always
/// but then, nothing is noted. Runs on every coordinator: the last one to look is right.
/// </summary>
/// <remarks>Passes grow with time, also over idle moments (<c>idle_pass()</c>): else old entries would lie behind the floor as well as before it.</remarks>
public sealed class QueueFloor(NpgsqlDataSource source, CoordinatorOptions options, ILogger<QueueFloor> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Job.QueueLookMs), null, log)
{
    // An empty lane begins a little before what would be enqueued now: an accepting transaction may be under way.
    const string Look = """
        select coalesce((select min(pass) from job where state = 'available' and engine_version = $1 and lane = $2), idle_pass($3))
        """;

    const string Note = """
        insert into queue_floor (engine_version, lane, pass) values ($1, $2, $3)
        on conflict (engine_version, lane) do update set pass = excluded.pass
        """;

    const string Forget = "delete from queue_floor where engine_version = $1 and lane = $2";

    static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(Limits.Job.QueueLookSlowMs);

    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        await LookAsync(options.EngineVersion, Slow, cancel);
        return false;
    }

    /// <summary>One look at each lane; notes where it begins when the look took longer than this, and forgets it otherwise.</summary>
    public async Task LookAsync(int engineVersion, TimeSpan slow, CancellationToken cancel)
    {
        foreach (var lane in new[] { Lane.B2b, Lane.B2c })
        {
            var start = Stopwatch.GetTimestamp();
            var begins = (await source.Command(Look, engineVersion, lane.Text(), TimeSpan.FromMilliseconds(Limits.Job.QueueLookMs)).ReadAllAsync(r => r.GetInt64(0), cancel))[0];
            await (Stopwatch.GetElapsedTime(start) > slow
                ? source.Command(Note, engineVersion, lane.Text(), begins)
                : source.Command(Forget, engineVersion, lane.Text())).RunAsync(cancel);
        }
    }
}
