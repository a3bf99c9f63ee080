using Pricing.Catalog.V1;
using Pricing.Quoting.V1;

namespace Pricing.Facade.OpenApi;

/// <summary>Descriptions of the model operations.</summary>
static class ModelOperations
{
    const string HowToSend = "The body is the file itself (application/octet-stream or model/*), or a form whose only part is the file. Content-Length is required. "
        + "Formats: STL, OBJ, PLY, OFF, 3MF, glTF, GLB, AMF; the content decides, the file name only helps.";

    static readonly Dictionary<string, string> UploadParameters = new()
    {
        ["fileName"] = "The name of the file; else it is taken from Content-Disposition or the form.",
        ["sha256"] = "Lower-case hex SHA-256 of the file; the upload is refused unless the bytes agree.",
    };

    static readonly RestParameter[] UploadHeaders = [new("Repr-Digest", "sha-256=:base64: (RFC 9530); the upload is refused unless the bytes agree.")];

    static readonly int[] UploadRefusals = [400, 408, 409, 411, 413, 415, 429];

    public static readonly RestOperation Upload = new("uploadModel", "Models", "Upload a 3D model")
    {
        Description = HowToSend,
        BinaryBody = true,
        Answer = Model.Descriptor,
        AnswerStatus = 201,
        AnswerDescription = "Stored and verified. Uploading the same bytes again gives the same model.",
        AnswerHeaders = ["Location", "ETag"],
        Headers = UploadHeaders,
        Parameters = UploadParameters,
        Refusals = UploadRefusals,
    };

    public static readonly RestOperation Put = Upload with
    {
        Id = "putModel",
        Summary = "Upload a 3D model whose hash is known",
        Description = HowToSend + " This is where a model's uploadUri leads.",
    };

    public static readonly RestOperation Get = new("getModel", "Models", "Read what is known of a model")
    {
        Answer = Model.Descriptor,
        AnswerDescription = "The model.",
        AnswerHeaders = ["ETag"],
        Conditional = true,
        Parameters = new Dictionary<string, string> { ["sha256"] = "Lower-case hex SHA-256 of the file." },
        Refusals = [400, 404, 429, 504],
    };
}

/// <summary>Descriptions of the catalogue operations.</summary>
static class CatalogOperations
{
    public static readonly RestOperation ListProcesses = new("listProcesses", "Catalogue", "What can be asked for")
    {
        Description = "Processes, materials, finishes and lead times of the active price list.",
        Answer = ListProcessesResponse.Descriptor,
        AnswerDescription = "The active offer.",
        AnswerHeaders = ["ETag"],
        Conditional = true,
        Refusals = [404, 429, 504],
    };
}
