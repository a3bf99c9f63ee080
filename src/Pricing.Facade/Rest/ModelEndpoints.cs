using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;
using Pricing.Facade.Errors;
using Pricing.Facade.OpenApi;
using Pricing.Facade.Upstream;
using Pricing.Quoting.V1;

namespace Pricing.Facade.Rest;

/// <summary>Models: bytes go in once, by hash they are known ever after.</summary>
static partial class ModelEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/models", UploadAsync).WithMetadata(ModelOperations.Upload);
        routes.MapPut("/v1/models/{sha256}", PutAsync).WithMetadata(ModelOperations.Put);
        routes.MapGet("/v1/models/{sha256}", GetAsync).WithMetadata(ModelOperations.Get);
    }

    static Task<IResult> UploadAsync(HttpRequest request, ModelUpload upload, FacadeOptions options, string? fileName, string? sha256) =>
        StoreAsync(request, upload, options, fileName, ExpectedHash(request, sha256));

    static Task<IResult> PutAsync(HttpRequest request, ModelUpload upload, FacadeOptions options, string? fileName, string sha256) =>
        StoreAsync(request, upload, options, fileName, ExpectedHash(request, sha256));

    static async Task<IResult> GetAsync(HttpRequest request, ModelService.ModelServiceClient models, FacadeOptions options, UnaryCalls calls, string sha256)
    {
        var get = new GetModelRequest { Name = Names.Model(options.Partner, sha256) };
        var model = await calls.RunAsync(request.HttpContext, call => models.GetModelAsync(get, call));
        return new ProtoResult(model) { ETag = model.Etag };
    }

    static async Task<IResult> StoreAsync(HttpRequest request, ModelUpload upload, FacadeOptions options, string? fileName, string sha256)
    {
        Prepare(request);
        var (bytes, size, partName) = await OpenAsync(request);
        if (size > Limits.Mesh.FileBytesMax) throw TooLarge(size);
        var name = fileName ?? partName;
        if (name.Length > Limits.Quote.FileNameCharsMax)
            throw new RefusedException(StatusCode.InvalidArgument, "FILE_NAME_TOO_LONG", "The file name is too long.", "fileName",
                $"{Limits.Quote.FileNameCharsMax} characters", $"{name.Length} characters");
        var header = new UploadHeader { Parent = options.Partner, Sha256 = sha256, SizeBytes = size, FileName = name };
        var model = await upload.SendAsync(request.HttpContext, header, bytes);
        return new ProtoResult(model, StatusCodes.Status201Created) { ETag = model.Etag, Location = $"/v1/models/{model.Sha256}" };
    }

    /// <summary>An upload has its own bound on size and its own patience; both are checked before a byte is read.</summary>
    static void Prepare(HttpRequest request)
    {
        if (request.ContentLength is not { } length)
            throw new RefusedException(StatusCode.InvalidArgument, "CONTENT_LENGTH_REQUIRED", "The size of the file must be known before its first byte.", "content-length");
        const long envelope = Limits.Edge.MultipartHeaderBytesMax + 256;
        if (length > Limits.Mesh.FileBytesMax + envelope) throw TooLarge(length);
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = length;
        if (request.HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = new MinDataRate(Limits.Edge.BodyBytesPerSecondMin, TimeSpan.FromSeconds(Limits.Edge.BodyGraceSeconds));
    }

    static async Task<(Stream Bytes, long Size, string Name)> OpenAsync(HttpRequest request)
    {
        var type = MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) ? parsed.MediaType.Value ?? "" : "";
        if (type.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            var file = await MultipartFile.OpenAsync(request, request.HttpContext.RequestAborted);
            return (file, file.SizeBytes, file.FileName);
        }
        if (type.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase) || type.StartsWith("model/", StringComparison.OrdinalIgnoreCase))
            return (request.Body, request.ContentLength!.Value, DispositionName(request));
        throw new RefusedException(StatusCode.InvalidArgument, "CONTENT_TYPE_UNSUPPORTED", "A model is sent as bytes or as a form with one file.", "content-type",
            "application/octet-stream, model/*, multipart/form-data", Problems.Shown(type));
    }

    static string DispositionName(HttpRequest request)
    {
        if (!ContentDispositionHeaderValue.TryParse(request.Headers.ContentDisposition.ToString(), out var disposition)) return "";
        var name = disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
        return HeaderUtilities.RemoveQuotes(name).Value ?? "";
    }

    /// <summary>The hash the caller expects, from the path, the query or Repr-Digest (RFC 9530); the coordinator compares it with the bytes.</summary>
    static string ExpectedHash(HttpRequest request, string? sha256)
    {
        if (sha256 is not null && !Names.IsSha256(sha256))
            throw new RefusedException(StatusCode.InvalidArgument, "SHA256_INVALID", "A SHA-256 is 64 lower-case hex characters.", "sha256", "64 characters of 0-9a-f", Problems.Shown(sha256));
        var header = request.Headers["Repr-Digest"].ToString();
        if (header.Length == 0) return sha256 ?? "";
        var digest = new byte[33];
        if (!(ReprDigest().Match(header) is { Success: true } match && Convert.TryFromBase64String(match.Groups[1].Value, digest, out var length) && length == 32))
            throw new RefusedException(StatusCode.InvalidArgument, "REPR_DIGEST_INVALID", "Repr-Digest must hold a sha-256 digest.", "Repr-Digest", "sha-256=:base64:", Problems.Shown(header));
        var hex = Convert.ToHexStringLower(digest.AsSpan(0, 32));
        if (sha256 is not null && sha256 != hex)
            throw new RefusedException(StatusCode.InvalidArgument, "SHA256_CONTRADICTORY", "Repr-Digest and sha256 name different bytes.", "Repr-Digest", sha256, hex);
        return hex;
    }

    static RefusedException TooLarge(long actual) =>
        new(StatusCode.ResourceExhausted, "MODEL_TOO_LARGE", "The file is larger than any model accepted.", "body", $"{Limits.Mesh.FileBytesMax} bytes", $"{actual} bytes");

    [GeneratedRegex(@"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]{1,64}):")]
    private static partial Regex ReprDigest();
}
