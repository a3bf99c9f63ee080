using Npgsql;

namespace Pricing.Coordinator.Database;

/// <summary>The one way to a connection: every bound of <see cref="Limits.Database"/> is set on the pool and on the server side of each session.</summary>
public static class DatabaseSource
{
    /// <summary>What our sessions call themselves at the server.</summary>
    public const string ApplicationName = "pricing-coordinator";

    /// <summary>
    /// The primary. Several hosts (<c>Host=a,b</c>) are the primary and its replicas in any order: connections go to whichever takes writes,
    /// so that after a promotion the next connection finds the new one.
    /// </summary>
    public static NpgsqlDataSource Create(string connectionString) =>
        Build(Settings(connectionString, Limits.Database.PoolConnectionsMax), TargetSessionAttributes.Primary);

    /// <summary>A server that is only read from: its sessions refuse to write, whatever the server has become.</summary>
    public static NpgsqlDataSource CreateReadOnly(string connectionString)
    {
        var settings = Settings(connectionString, Limits.Database.ReplicaConnectionsMax);
        settings.Options += " -c default_transaction_read_only=on";
        return Build(settings, TargetSessionAttributes.PreferStandby);
    }

    static NpgsqlConnectionStringBuilder Settings(string connectionString, int connectionsMax)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = connectionsMax,
            Timeout = Limits.Database.ConnectSeconds,
            // The server's own timeout ends a statement; the client's is the second line, for a server that is silent.
            CommandTimeout = Limits.Database.StatementSeconds + 2,
            MaxAutoPrepare = Limits.Database.PreparedStatementsMax,
            AutoPrepareMinUsages = 2,
            ApplicationName = ApplicationName,
        };
        // PostgreSQL 15 has no transaction_timeout: an idle transaction is what holds back vacuum and every queue with it.
        settings.Options = $"{settings.Options} -c statement_timeout={Limits.Database.StatementSeconds}s"
            + $" -c lock_timeout={Limits.Database.LockSeconds}s"
            + $" -c idle_in_transaction_session_timeout={Limits.Database.IdleInTransactionSeconds}s";
        return settings;
    }

    static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings, TargetSessionAttributes wanted)
    {
        // Said here for every connection; left in the text, one host would refuse it.
        settings.TargetSessionAttributes = null;
        if (settings.Host?.Contains(',', StringComparison.Ordinal) is not true)
            return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
        settings.HostRecheckSeconds = Limits.Database.HostRecheckSeconds;
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).BuildMultiHost().WithTargetSession(wanted);
    }
}
