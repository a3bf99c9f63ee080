using Grpc.Core;

namespace Pricing.Coordinator.Edge;

/// <summary>
/// A request the platform will not do, and exactly why. <see cref="ErrorMapping"/> alone turns it into a gRPC status;
/// every reason is documented in docs/errors.md.
/// </summary>
public sealed class RefusalException(
    StatusCode status, string reason, string message, string field = "", string limit = "", string actual = "", TimeSpan? retryAfter = null)
    : Exception(message)
{
    public StatusCode Status { get; } = status;

    /// <summary>Stable, UPPER_SNAKE.</summary>
    public string Reason { get; } = reason;
    public string Field { get; } = field;
    public string Limit { get; } = limit;
    public string Actual { get; } = actual;

    /// <summary>When it makes sense to ask again; absent when it never does unchanged.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    public static RefusalException Invalid(string reason, string message, string field, string limit = "", string actual = "") =>
        new(StatusCode.InvalidArgument, reason, message, field, limit, actual);

    public static RefusalException NotFound(string reason, string message, string field, string actual) =>
        new(StatusCode.NotFound, reason, message, field, "", actual);

    /// <summary>Another partner's model or quote does not exist for this one: same answer, whoever asks.</summary>
    public static RefusalException NoSuchModel(string field, string name) =>
        NotFound("MODEL_NOT_FOUND", "There is no such model.", field, ResourceNames.Shown(name));

    public static RefusalException ModelNotUploaded() =>
        new(StatusCode.FailedPrecondition, "MODEL_NOT_UPLOADED", "The model was announced but its bytes are not here yet.", "model", "STORED", "AWAITING_UPLOAD");

    public static RefusalException NoSuchQuote(string name) => NotFound("QUOTE_NOT_FOUND", "There is no such quote.", "name", name);

    public static RefusalException ShuttingDown() =>
        new(StatusCode.Unavailable, "SHUTTING_DOWN", "This coordinator is stopping; ask again, another one answers.", retryAfter: TimeSpan.FromSeconds(1));
}
