using Grpc.Core;
using Pricing.Client;
using Pricing.Geometry;
using Pricing.Quoting.V1;

namespace Pricing.Cli;

/// <summary>Why a command could not do its work: what a person reads, what a script tests, and the exit code that says it.</summary>
sealed record Fault(int ExitCode, string Reason, string Message, string Field = "", string Limit = "", string Actual = "")
{
    /// <summary>Maps what the program's doors may throw; null for anything else, which is a fault of the program itself.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="file">The input being worked on, for messages of the operating system.</param>
    public static Fault? From(Exception error, string file = "") => error switch
    {
        FaultException fault => fault.Fault,
        MeshFormatException mesh => new Fault(Cli.ExitCode.Data, mesh.Reason, mesh.Message, mesh.Field, mesh.Limit, mesh.Actual),
        PricingException refused => new Fault(CodeOf(refused), refused.Reason, MessageOf(refused), refused.Field, refused.Limit, refused.Actual),
        FileNotFoundException or DirectoryNotFoundException =>
            new Fault(Cli.ExitCode.NoInput, "FILE_NOT_FOUND", "The file does not exist.", "file", "", file),
        UnauthorizedAccessException =>
            new Fault(Cli.ExitCode.NoPermission, "FILE_NOT_READABLE", "The file or folder may not be accessed.", "file", "", file),
        IOException io => new Fault(Cli.ExitCode.InputOutput, "FILE_ERROR", Sentence(io.Message), "file", "", file),
        _ => null,
    };

    /// <summary>A quote that ended as FAILED: the platform gave up, or was at fault, or could not price what was asked; else it is the model.</summary>
    public static Fault From(Failure failure)
    {
        var code = failure.Reason switch
        {
            "DEADLINE" or "ATTEMPTS_EXHAUSTED" => Cli.ExitCode.Temporary,
            "INTERNAL" or "PRICING_FAILED" or "MEASUREMENT_MISSING" => Cli.ExitCode.Internal,
            _ => IsOfTheQuestion(failure.Field) ? Cli.ExitCode.Usage : Cli.ExitCode.Data,
        };
        return new Fault(code, failure.Reason, failure.Message, failure.Field, failure.Limit, failure.Actual);
    }

    /// <summary>The one line on stderr: sentence first, then the facts.</summary>
    public string Line()
    {
        var facts = new List<string> { Reason };
        if (Field.Length > 0)
            facts.Add(Field);
        if (Limit.Length > 0)
            facts.Add($"limit: {Limit}");
        if (Actual.Length > 0)
            facts.Add($"actual: {Actual}");
        return OneLine($"{Sentence(Message)} [{string.Join("; ", facts)}]");
    }

    static int CodeOf(PricingException refused) => refused.Code switch
    {
        StatusCode.InvalidArgument or StatusCode.OutOfRange when IsOfTheModel(refused) => Cli.ExitCode.Data,
        StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.NotFound => Cli.ExitCode.Usage,
        StatusCode.FailedPrecondition or StatusCode.DataLoss => Cli.ExitCode.Data,
        StatusCode.Unavailable or StatusCode.Unimplemented => Cli.ExitCode.Unavailable,
        StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.DeadlineExceeded or StatusCode.Cancelled => Cli.ExitCode.Temporary,
        StatusCode.PermissionDenied or StatusCode.Unauthenticated => Cli.ExitCode.NoPermission,
        _ => Cli.ExitCode.Internal,
    };

    /// <summary>Refusals of the file itself, as against refusals of what was asked for.</summary>
    static bool IsOfTheModel(PricingException refused) =>
        refused.Reason.StartsWith("MODEL_", StringComparison.Ordinal) || refused.Field is "size_bytes" or "sha256" or "chunk";

    static bool IsOfTheQuestion(string field) => field == "quote" || field.StartsWith("quote.", StringComparison.Ordinal)
        || field.StartsWith("configurations", StringComparison.Ordinal) || field.StartsWith("quantities", StringComparison.Ordinal)
        || field.StartsWith("measure_options", StringComparison.Ordinal) || field == "currency_code";

    static string MessageOf(PricingException refused) => refused.Reason == "UNAVAILABLE"
        ? "The platform cannot be reached."
        : refused.Message.Length > 0 ? refused.Message : "The platform refused the call.";

    static string Sentence(string text) => text.Length == 0 || text.EndsWith('.') || text.EndsWith('!') ? text : text + ".";

    /// <summary>File names and fields come from outside: no line breaks or control characters reach a terminal.</summary>
    static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}

/// <summary>Carries a <see cref="Fault"/> up to the door of the program.</summary>
sealed class FaultException(Fault fault, Exception? inner = null) : Exception(fault.Message, inner)
{
    public Fault Fault { get; } = fault;
}
