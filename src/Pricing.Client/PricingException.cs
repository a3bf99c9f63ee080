using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Pricing.Quoting.V1;

namespace Pricing.Client;

/// <summary>
/// The one exception of the SDK: what the platform refused or could not do, as stable facts. <see cref="Reason"/> never changes its
/// meaning and is listed in docs/errors.md; <see cref="Exception.Message"/> is one plain sentence for a person.
/// </summary>
public sealed class PricingException : Exception
{
    /// <summary>The trailer in which the platform sends google.rpc.Status.</summary>
    const string DetailsTrailer = "grpc-status-details-bin";

    /// <param name="code">The gRPC status.</param>
    /// <param name="reason">Stable UPPER_SNAKE code.</param>
    /// <param name="message">One plain sentence.</param>
    /// <param name="field">What was at fault.</param>
    /// <param name="limit">The limit that was broken, with its unit.</param>
    /// <param name="actual">What was there instead, with its unit.</param>
    /// <param name="retryAfter">When it makes sense to come back.</param>
    /// <param name="inner">The transport's own exception.</param>
    public PricingException(StatusCode code, string reason, string message, string field = "", string limit = "", string actual = "",
        TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Reason = reason;
        Field = field;
        Limit = limit;
        Actual = actual;
        RetryAfter = retryAfter;
    }

    /// <summary>The gRPC status.</summary>
    public StatusCode Code { get; }

    /// <summary>Stable UPPER_SNAKE code, e.g. <c>UNKNOWN_MATERIAL</c>.</summary>
    public string Reason { get; }

    /// <summary>The field, file part or option at fault, e.g. <c>quantities[2]</c>; empty when none is.</summary>
    public string Field { get; }

    /// <summary>The limit that was broken, with its unit; empty when none was.</summary>
    public string Limit { get; }

    /// <summary>What was there instead, with its unit.</summary>
    public string Actual { get; }

    /// <summary>When it makes sense to come back; null when coming back does not help.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>True when the same call may succeed later without a change.</summary>
    public bool IsTransient => RetryAfter is not null
        || Code is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.DeadlineExceeded;

    /// <summary>A quote that ended as FAILED, as an exception.</summary>
    public static PricingException From(Failure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return new PricingException(StatusCode.FailedPrecondition, failure.Reason, failure.Message, failure.Field, failure.Limit, failure.Actual);
    }

    /// <summary>Decodes the google.rpc details of a failed call. Unreadable details never hide the status itself.</summary>
    public static PricingException From(RpcException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        string reason = "", field = "", limit = "", actual = "";
        TimeSpan? retryAfter = null;
        foreach (var detail in Details(error))
        {
            if (detail.TryUnpack<ErrorInfo>(out var info))
            {
                // Field 1 is called reason in google.rpc today; this version of the generated class still says type.
                reason = info.Type;
                field = info.Metadata.GetValueOrDefault("field", field);
                limit = info.Metadata.GetValueOrDefault("limit", limit);
                actual = info.Metadata.GetValueOrDefault("actual", actual);
            }
            else if (detail.TryUnpack<RetryInfo>(out var retry) && retry.RetryDelay is not null)
                retryAfter = retry.RetryDelay.ToTimeSpan();
            else if (detail.TryUnpack<BadRequest>(out var bad) && bad.FieldViolations.Count > 0 && field.Length == 0)
                field = bad.FieldViolations[0].Field;
        }
        return new PricingException(error.StatusCode, reason.Length > 0 ? reason : ReasonOf(error.StatusCode), error.Status.Detail,
            field, limit, actual, retryAfter, error);
    }

    static IEnumerable<Google.Protobuf.WellKnownTypes.Any> Details(RpcException error)
    {
        var bytes = error.Trailers.GetValueBytes(DetailsTrailer);
        if (bytes is null)
            return [];
        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(bytes).Details;
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }

    /// <summary>The status' own name where the platform sent no reason: a proxy in between, a lost connection.</summary>
    static string ReasonOf(StatusCode code) => code switch
    {
        StatusCode.Unavailable => "UNAVAILABLE",
        StatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        StatusCode.ResourceExhausted => "RESOURCE_EXHAUSTED",
        StatusCode.NotFound => "NOT_FOUND",
        StatusCode.InvalidArgument => "INVALID_ARGUMENT",
        StatusCode.PermissionDenied => "PERMISSION_DENIED",
        StatusCode.Unauthenticated => "UNAUTHENTICATED",
        StatusCode.Cancelled => "CANCELLED",
        StatusCode.Unimplemented => "UNIMPLEMENTED",
        StatusCode.FailedPrecondition => "FAILED_PRECONDITION",
        StatusCode.AlreadyExists => "ALREADY_EXISTS",
        StatusCode.Aborted => "ABORTED",
        _ => "INTERNAL",
    };
}
