using System.Globalization;
using System.Net.Sockets;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Pricing.Facade.Errors;

/// <summary>One refusal, in the words every surface shares: what, where, which limit, what was there instead, when to come back.</summary>
sealed record Refusal(StatusCode Code, string Reason, string Message)
{
    public const string Domain = "pricing";
    const string DetailsTrailer = "grpc-status-details-bin";

    public string Field { get; init; } = "";
    public string Limit { get; init; } = "";
    public string Actual { get; init; } = "";
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Field violations beyond the first, as the coordinator listed them.</summary>
    public IReadOnlyList<(string Field, string Message)> Violations { get; init; } = [];

    /// <summary>The google.rpc.Status that travels in grpc-status-details-bin.</summary>
    public Google.Rpc.Status ToRpcStatus()
    {
        // Field 1 is called "type" in this version of the package and "reason" since; the wire is the same.
        var info = new ErrorInfo { Type = Reason, Domain = Domain };
        foreach (var (key, value) in (ReadOnlySpan<(string, string)>)[("field", Field), ("limit", Limit), ("actual", Actual)])
            if (value.Length > 0) info.Metadata[key] = value;
        var status = new Google.Rpc.Status { Code = (int)Code, Message = Message, Details = { Any.Pack(info) } };
        if (Field.Length > 0)
        {
            var violation = new BadRequest.Types.FieldViolation { Field = Field, Description = Message };
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        }
        if (RetryAfter is { } delay) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        return status;
    }

    /// <summary>Reads the coordinator's refusal. Without details the status code stands in, and text of internal errors is not repeated.</summary>
    public static Refusal From(RpcException exception)
    {
        if (exception.Status.DebugException is { } cause && IsUnreachable(cause)) return Unreachable;
        var refusal = new Refusal(exception.StatusCode, ReasonOf(exception.StatusCode), MessageOf(exception));
        if (exception.Trailers.FirstOrDefault(entry => entry.Key == DetailsTrailer)?.ValueBytes is not { } bytes) return refusal;
        try
        {
            foreach (var detail in Google.Rpc.Status.Parser.ParseFrom(bytes).Details) refusal = refusal.With(detail, exception.Status.Detail);
            return refusal;
        }
        catch (InvalidProtocolBufferException)
        {
            return refusal; // Details we cannot read do not hide the status we can.
        }
    }

    /// <summary>True when the exception says that no coordinator could be reached, rather than that one answered badly.</summary>
    public static bool IsUnreachable(Exception exception) =>
        exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError
        } or SocketException
        || (exception.InnerException is { } inner && IsUnreachable(inner));

    public static Refusal Unreachable { get; } = new(StatusCode.Unavailable, "COORDINATOR_UNAVAILABLE",
        "The pricing service cannot be reached just now; the request was not carried out or its outcome is unknown. Retry with the same key.")
    { RetryAfter = TimeSpan.FromSeconds(Limits.Edge.RetryAfterSecondsDefault) };

    public static Refusal ShuttingDown { get; } = new(StatusCode.Unavailable, "SHUTTING_DOWN",
        "This instance is going away; connect again.")
    { RetryAfter = TimeSpan.FromSeconds(Limits.Edge.RetryAfterSecondsDefault) };

    Refusal With(Any detail, string message)
    {
        if (detail.TryUnpack<ErrorInfo>(out var info))
        {
            return this with
            {
                Reason = info.Type,
                Message = message,
                Field = info.Metadata.GetValueOrDefault("field", ""),
                Limit = info.Metadata.GetValueOrDefault("limit", ""),
                Actual = info.Metadata.GetValueOrDefault("actual", ""),
            };
        }
        if (detail.TryUnpack<RetryInfo>(out var retry) && retry.RetryDelay is { } delay) return this with { RetryAfter = delay.ToTimeSpan() };
        if (detail.TryUnpack<BadRequest>(out var bad))
            return this with { Violations = [.. bad.FieldViolations.Select(violation => (violation.Field, violation.Description))] };
        return this;
    }

    static string MessageOf(RpcException exception) => exception.StatusCode switch
    {
        StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss => "The pricing service failed to answer. The trace id leads to the cause.",
        StatusCode.Unavailable => "The pricing service is not available just now. Retry with the same key.",
        StatusCode.DeadlineExceeded => "The pricing service did not answer in time.",
        StatusCode.Cancelled => "The request was cancelled.",
        StatusCode.Unimplemented => "The pricing service does not offer this operation.",
        _ => exception.Status.Detail,
    };

    /// <summary>INVALID_ARGUMENT for InvalidArgument, and so on: the gRPC code's own name.</summary>
    static string ReasonOf(StatusCode code) => string.Create(CultureInfo.InvariantCulture,
        $"{string.Concat(code.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"))}");
}

/// <summary>Carries a refusal from wherever it was found to the surface that words it.</summary>
sealed class RefusedException(Refusal refusal) : Exception(refusal.Message)
{
    public Refusal Refusal { get; } = refusal;

    public RefusedException(StatusCode code, string reason, string message, string field = "", string limit = "", string actual = "")
        : this(new Refusal(code, reason, message) { Field = field, Limit = limit, Actual = actual })
    {
    }
}
