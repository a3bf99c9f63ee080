using System.Collections.Frozen;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Pricing.Facade.Errors;

/// <summary>The only place where a gRPC status becomes an HTTP status.</summary>
static class HttpStatusMap
{
    const int ClientClosedRequest = 499;

    /// <summary>Reasons whose HTTP status is more telling than that of their gRPC code.</summary>
    static readonly FrozenDictionary<string, int> ByReason = new Dictionary<string, int>
    {
        // RESOURCE_EXHAUSTED means "come back later"; these never fit, however long one waits.
        ["MODEL_TOO_LARGE"] = StatusCodes.Status413PayloadTooLarge,
        ["FILE_TOO_LARGE"] = StatusCodes.Status413PayloadTooLarge,
        ["BODY_TOO_LARGE"] = StatusCodes.Status413PayloadTooLarge,
        ["MESSAGE_TOO_LARGE"] = StatusCodes.Status413PayloadTooLarge,
        ["UPLOAD_TOO_SLOW"] = StatusCodes.Status408RequestTimeout,
        ["CONTENT_LENGTH_REQUIRED"] = StatusCodes.Status411LengthRequired,
        ["CONTENT_TYPE_UNSUPPORTED"] = StatusCodes.Status415UnsupportedMediaType,
        // The idempotency-key draft asks for 422 when the key comes back with another body.
        ["REQUEST_ID_REUSED"] = StatusCodes.Status422UnprocessableEntity,
    }.ToFrozenDictionary();

    public static int Of(Refusal refusal) => ByReason.TryGetValue(refusal.Reason, out var status) ? status : Of(refusal.Code);

    public static int Of(StatusCode code) => code switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted or StatusCode.FailedPrecondition => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Cancelled => ClientClosedRequest,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
