using Npgsql;

namespace Pricing.Coordinator.Database;

/// <summary>The one way to a connection: every bound of <see cref="Limits.Database"/> is set on the pool and on the server side of each session.</summary>
public static class DatabaseSource
{
    public static NpgsqlDataSource Create(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = Limits.Database.PoolConnectionsMax,
            Timeout = Limits.Database.ConnectSeconds,
            // The server's own timeout ends a statement; the client's is the second line, for a server that is silent.
            CommandTimeout = Limits.Database.StatementSeconds + 2,
            MaxAutoPrepare = Limits.Database.PreparedStatementsMax,
            AutoPrepareMinUsages = 2,
            ApplicationName = "pricing-coordinator",
        };
        // PostgreSQL 15 has no transaction_timeout: an idle transaction is what holds back vacuum and every queue with it.
        settings.Options = $"{settings.Options} -c statement_timeout={Limits.Database.StatementSeconds}s"
            + $" -c lock_timeout={Limits.Database.LockSeconds}s"
            + $" -c idle_in_transaction_session_timeout={Limits.Database.IdleInTransactionSeconds}s";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
