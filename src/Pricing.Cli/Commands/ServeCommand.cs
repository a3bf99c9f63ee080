using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Cli.Serving;
using Pricing.Coordinator.Cache;
using Pricing.Coordinator.Models;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing serve</c>: runs any set of roles until a signal asks it to stop.</summary>
static class ServeCommand
{
    const int GrpcPort = 50051;
    const int HttpPort = 8080;

    public static Command Create(Terminal terminal)
    {
        var roles = new Option<string[]>("--roles") { Description = "coordinator, node, facade: any of them. Default: all three.", HelpName = "ROLE,…" };
        var coordinators = new Option<string[]>("--coordinator") { Description = "Coordinators for a node or facade without one in this process; repeat for several.", HelpName = "URL" };
        var listen = new Option<string>("--listen") { Description = "The coordinator's gRPC address (h2c); port 0 takes a free one.", HelpName = "HOST:PORT", DefaultValueFactory = _ => $"127.0.0.1:{GrpcPort}" };
        var http = new Option<string>("--http") { Description = "The facade's REST and gRPC-web address; port 0 takes a free one.", HelpName = "HOST:PORT", DefaultValueFactory = _ => $"127.0.0.1:{HttpPort}" };
        var home = new Option<string?>("--home") { Description = "Data folder: embedded database and model files. Default: $PRICING_HOME, else ~/.local/share/pricing.", HelpName = "DIR" };
        var database = new Option<string?>("--database") { Description = "PostgreSQL connection string. Default: $PRICING_DATABASE, else a private PostgreSQL in the data folder.", HelpName = "CONNSTRING" };
        var replica = new Option<string?>("--database-replica") { Description = "A streaming replica of --database, for reads that may lag a little. Default: $PRICING_DATABASE_REPLICA, else none.", HelpName = "CONNSTRING" };
        var models = new Option<string?>("--models") { Description = "Where model files are kept: a folder, or s3://BUCKET/PREFIX?endpoint=URL&region=NAME with credentials from the environment or files. Default: $PRICING_MODELS, else below the data folder.", HelpName = "DIR|S3" };
        var keepModels = new Option<int>("--keep-models") { Description = "Days after which a model that nobody asks for loses its bytes; prices and measurements stay.", HelpName = "DAYS", DefaultValueFactory = _ => Limits.Model.KeepDaysDefault };
        var redis = new Option<string?>("--redis") { Description = "Redis that coordinators share known prices in; optional. Default: $PRICING_REDIS, else none.", HelpName = "HOST:PORT" };
        var nodeName = new Option<string?>("--node-name") { Description = "Stable name of this node. Default: the machine's name.", HelpName = "NAME" };
        var lanes = new Option<string[]>("--lanes") { Description = "Lanes this node works for: b2b, b2c. Default: both.", HelpName = "LANE,…" };
        var threads = new Option<int>("--threads", "-t") { Description = "Threads of one measurement on the node.", DefaultValueFactory = _ => Environment.ProcessorCount, HelpName = "N" };
        var isolation = new Option<string>("--isolation") { Description = "process: the node measures in child processes, which a bad mesh may take down; none: in the node itself.", HelpName = "HOW", DefaultValueFactory = _ => "process" };
        var workerMemory = new Option<int>("--worker-memory") { Description = "Memory one child process may take, in MiB.", HelpName = "MIB", DefaultValueFactory = _ => (int)(Limits.Worker.MemoryBytesDefault >> 20) };
        var logLevel = new Option<LogLevel>("--log-level") { Description = "Trace, Debug, Information, Warning, Error, Critical or None. Logs are JSON lines on stderr.", HelpName = "LEVEL", DefaultValueFactory = _ => LogLevel.Information };
        var command = new Command("serve", "Run the platform, or some of its roles. Prints one 'ready' line per role; stops on SIGTERM or Ctrl-C.")
        {
            roles, coordinators, listen, http, home, database, replica, models, keepModels, redis, nodeName, lanes, threads, isolation, workerMemory, logLevel,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var asked = ParseRoles(parsed.GetValue(roles) ?? []);
            var others = Inputs.Split(parsed.GetValue(coordinators) ?? []).Select(ParseCoordinator).ToList();
            if (!asked.HasFlag(Roles.Coordinator) && others.Count == 0)
                throw Inputs.Wrong("COORDINATOR_MISSING", "A node or facade needs a coordinator to talk to.", "--coordinator", "at least one URL", "none");
            return RunAsync(new PlatformPlan
            {
                Roles = asked,
                Home = parsed.GetValue(home) is { Length: > 0 } folder ? Path.GetFullPath(folder) : terminal.Home,
                Database = CheckDatabase(parsed.GetValue(database) ?? Environment.GetEnvironmentVariable("PRICING_DATABASE")),
                DatabaseReplica = CheckDatabase(parsed.GetValue(replica) ?? Environment.GetEnvironmentVariable("PRICING_DATABASE_REPLICA"), "--database-replica"),
                Models = CheckModels(parsed.GetValue(models) ?? Environment.GetEnvironmentVariable("PRICING_MODELS")),
                KeepModelsDays = CheckKeepModels(parsed.GetValue(keepModels)),
                Redis = CheckRedis(parsed.GetValue(redis) ?? Environment.GetEnvironmentVariable("PRICING_REDIS")),
                Listen = ParseEndPoint("--listen", parsed.GetRequiredValue(listen)),
                Http = ParseEndPoint("--http", parsed.GetRequiredValue(http)),
                Coordinators = others,
                NodeName = parsed.GetValue(nodeName) is { Length: > 0 } name ? name : Environment.MachineName,
                Lanes = ParseLanes(parsed.GetValue(lanes) ?? []),
                Threads = Math.Clamp(parsed.GetValue(threads), 1, Limits.Mesh.ThreadsMax),
                Isolated = ParseIsolation(parsed.GetRequiredValue(isolation)),
                WorkerMemoryBytes = CheckWorkerMemory(parsed.GetValue(workerMemory)),
                LogLevel = parsed.GetValue(logLevel),
                Talk = terminal.Error,
                ForOthers = true,
            }, terminal, cancellation);
        });
        return command;
    }

    static async Task<int> RunAsync(PlatformPlan plan, Terminal terminal, CancellationToken cancellation)
    {
        try
        {
            await using var platform = await Platform.StartAsync(plan, cancellation);
            foreach (var line in platform.Ready)
                await terminal.Out.WriteLineAsync(line);
            await terminal.Out.FlushAsync(CancellationToken.None);
            await platform.WhenAnyStopsAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop while starting: stopped, as asked.
        }
        if (cancellation.IsCancellationRequested)
            return ExitCode.Ok;
        throw new FaultException(new Fault(ExitCode.Internal, "ROLE_STOPPED", "A role stopped by itself; the log above says why.", "roles"));
    }

    internal static bool ParseIsolation(string text) => text.ToLowerInvariant() switch
    {
        "process" => true,
        "none" => false,
        _ => throw Inputs.Wrong("UNKNOWN_ISOLATION", "The kind of isolation is not known.", "--isolation", "process, none", text),
    };

    internal static IReadOnlyList<string> ParseLanes(IEnumerable<string> texts) => [.. Inputs.Split(texts).Select(text => text is "b2b" or "b2c"
        ? text
        : throw Inputs.Wrong("LANE_UNKNOWN", "The lane is not known.", "--lanes", "b2b, b2c", text))];

    internal static long CheckWorkerMemory(int mebibytes) => (long)mebibytes << 20 >= Limits.Worker.NativeBytes
        ? (long)mebibytes << 20
        : throw Inputs.Wrong("WORKER_MEMORY_TOO_SMALL", "A worker process cannot live in so little.", "--worker-memory",
            $"at least {Limits.Worker.NativeBytes >> 20} MiB", $"{mebibytes} MiB");

    internal static Roles ParseRoles(IEnumerable<string> texts)
    {
        var roles = Inputs.Split(texts).Aggregate(Roles.None, (sum, text) => sum | text.ToLowerInvariant() switch
        {
            "coordinator" => Roles.Coordinator,
            "node" => Roles.Node,
            "facade" => Roles.Facade,
            "all" => Roles.All,
            _ => throw Inputs.Wrong("UNKNOWN_ROLE", "The role is not known.", "--roles", "coordinator, node, facade", text),
        });
        return roles == Roles.None ? Roles.All : roles;
    }

    /// <summary>"127.0.0.1:50051", "[::1]:0", "localhost:8080", "*:8080".</summary>
    internal static IPEndPoint ParseEndPoint(string option, string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon > 0 ? text[..colon] : "";
        var named = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" or "+" => IPAddress.IPv6Any,
            _ => null,
        };
        if (named is not null && ushort.TryParse(text[(colon + 1)..], out var port))
            return new IPEndPoint(named, port);
        return colon > 0 && IPEndPoint.TryParse(text, out var endPoint) && text.EndsWith($":{endPoint.Port}", StringComparison.Ordinal)
            ? endPoint
            : throw Inputs.Wrong("NOT_AN_ADDRESS", "The listening address is not understood.", option, "an IP address, localhost or *, and a port: 127.0.0.1:50051", text);
    }

    /// <summary>Null for the embedded one. The text may hold a password: it is never repeated.</summary>
    internal static string? CheckDatabase(string? text, string option = "--database")
    {
        if (string.IsNullOrEmpty(text))
            return null;
        try
        {
            if (!string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host))
                return text;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException)
        {
            // Refused below, without the reader's words: they may quote the text.
        }
        throw Inputs.Wrong("NOT_A_CONNECTION_STRING", "The database's connection string is not understood.", option,
            "Host=…;Username=…;Database=…", "(not shown: it may hold a password)");
    }

    /// <summary>Null for the data folder. A bucket's address holds no credentials; one that tries to is not repeated.</summary>
    internal static string? CheckModels(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (!BucketOptions.IsBucket(text))
            return Path.GetFullPath(text);
        return BucketOptions.TryParse(text) is not null
            ? text
            : throw Inputs.Wrong("NOT_A_BUCKET", "The bucket's address is not understood.", "--models",
                "s3://BUCKET/PREFIX?endpoint=http://HOST:PORT&region=NAME, credentials from the environment or files", "(not shown: it may hold a secret)");
    }

    internal static int CheckKeepModels(int days) => days is >= 1 and <= Limits.Model.KeepDaysMax
        ? days
        : throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", "--keep-models", $"1 to {Limits.Model.KeepDaysMax}", $"{days}");

    /// <summary>Null for none. The text may hold a password: it is never repeated.</summary>
    internal static string? CheckRedis(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return RedisStore.IsConnectionString(text)
            ? text
            : throw Inputs.Wrong("NOT_A_REDIS_ADDRESS", "The address of Redis is not understood.", "--redis", "HOST:PORT, options behind commas: 10.0.0.7:6379,password=…",
                "(not shown: it may hold a password)");
    }

    static Uri ParseCoordinator(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        ? uri
        : throw Inputs.Wrong("NOT_AN_ADDRESS", "The coordinator's address is not understood.", "--coordinator", "http://host:port or https://host:port", text);
}
