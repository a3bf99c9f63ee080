using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Archive;

/// <summary>A transaction that has been open for long, as the server sees it.</summary>
public sealed record OpenTransaction(int Pid, string Application, string State, double AgeS, bool Ended);

/// <summary>
/// No transaction outlives its bound. The server ends a statement and an idle transaction by itself; a chain of short statements it does not
/// (before version 17), so this ends ours. Whoever else holds a snapshot for long is named in the log: while it lives, vacuum removes
/// nothing that is younger, and every queue in the database slows down.
/// </summary>
public sealed class TransactionWatch(NpgsqlDataSource source, ILogger<TransactionWatch> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Database.TransactionWatchMs), null, log)
{
    const string Old = """
        select pid, application_name, coalesce(state, ''), extract(epoch from clock_timestamp() - xact_start)::double precision,
               application_name = $3 and xact_start < clock_timestamp() - $1::interval and pg_terminate_backend(pid)
        from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() and xact_start < clock_timestamp() - least($1, $2)::interval
        order by xact_start
        limit $4
        """;

    static readonly TimeSpan Bound = TimeSpan.FromSeconds(Limits.Database.TransactionSeconds);
    static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(Limits.Database.SnapshotWarnSeconds);

    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        foreach (var open in await EndOldAsync(Bound, Suspicious, cancel))
        {
            if (open.Ended)
                Log.LogError("A transaction of ours was open for {AgeS:0.0} s and was ended (pid {Pid}, {State})", open.AgeS, open.Pid, open.State);
            else
                Log.LogWarning("Vacuum is held back for {AgeS:0} s by a transaction of {Application} (pid {Pid}, {State})", open.AgeS, open.Application, open.Pid, open.State);
        }
        return false;
    }

    /// <summary>Ends our transactions that are older than the bound, and lists what is older than either time, oldest first.</summary>
    public async Task<IReadOnlyList<OpenTransaction>> EndOldAsync(TimeSpan bound, TimeSpan suspicious, CancellationToken cancel) =>
        await source.Command(Old, bound, suspicious, DatabaseSource.ApplicationName, Limits.Database.TransactionsListedMax).ReadAllAsync(
            r => new OpenTransaction(r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetDouble(3), r.GetBoolean(4)), cancel);
}
