using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using Pricing.Facade.Errors;

namespace Pricing.Facade.OpenApi;

/// <summary>Builds /openapi/v1.json from the endpoints that are really mapped and the messages that are really written.</summary>
static class OpenApiDescription
{
    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => OperationOf(description.ActionDescriptor.EndpointMetadata) is not null;
        options.AddOperationTransformer(DescribeAsync);
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Pricing platform",
                Version = "v1",
                Description = """
                    Firm, explainable prices for manufactured parts. Bodies are proto JSON: **64-bit integers are strings** ("quantity": "100"),
                    enums are names, times are RFC 3339, durations are "1.5s", money is a plain decimal string. Numbers are accepted for 64-bit integers too.
                    Unknown fields are refused. Every refusal is RFC 9457 problem details with a stable `reason`.
                    """,
            };
            document.Servers = [new OpenApiServer { Url = "/" }];
            ProtoSchemas.AddAll(document);
            return Task.CompletedTask;
        });
    }

    static RestOperation? OperationOf(IEnumerable<object> metadata) => metadata.OfType<RestOperation>().FirstOrDefault();

    static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var described = OperationOf(context.Description.ActionDescriptor.EndpointMetadata)!;
        var document = context.Document!;
        operation.OperationId = described.Id;
        operation.Summary = described.Summary;
        operation.Description = described.Description.Length > 0 ? described.Description : null;
        operation.Tags = new HashSet<OpenApiTagReference> { new(described.Tag, document) };
        document.Tags ??= new HashSet<OpenApiTag>();
        if (document.Tags.All(tag => tag.Name != described.Tag)) document.Tags.Add(new OpenApiTag { Name = described.Tag });
        DescribeParameters(operation, described);
        operation.RequestBody = Body(described, document);
        operation.Responses = Responses(described, document);
        return Task.CompletedTask;
    }

    static void DescribeParameters(OpenApiOperation operation, RestOperation described)
    {
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>())
            parameter.Description = described.Parameters.GetValueOrDefault(parameter.Name ?? "");
        foreach (var header in described.Headers) operation.Parameters.Add(Header(header.Name, header.Description));
        if (described.Conditional) operation.Parameters.Add(Header("If-None-Match", "The ETag the caller holds; 304 when it still is current."));
    }

    static OpenApiParameter Header(string name, string description) =>
        new() { Name = name, In = ParameterLocation.Header, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    static OpenApiRequestBody? Body(RestOperation described, OpenApiDocument document)
    {
        if (described.BodySchema is { } schema)
        {
            return new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = new OpenApiSchemaReference(schema, document) } },
            };
        }
        if (!described.BinaryBody) return null;
        var bytes = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        var form = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema> { ["file"] = bytes },
            Required = new HashSet<string> { "file" },
        };
        return new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/octet-stream"] = new() { Schema = bytes },
                ["multipart/form-data"] = new() { Schema = form },
            },
        };
    }

    static OpenApiResponses Responses(RestOperation described, OpenApiDocument document)
    {
        var answer = new OpenApiMediaType
        {
            Schema = described.EventStream
                ? new OpenApiSchema { Type = JsonSchemaType.String }
                : new OpenApiSchemaReference(ProtoSchemas.NameOf(described.Answer!), document),
        };
        var responses = new OpenApiResponses
        {
            [Text(described.AnswerStatus)] = new OpenApiResponse
            {
                Description = described.AnswerDescription,
                Headers = described.AnswerHeaders.ToDictionary(name => name, _ => (IOpenApiHeader)new OpenApiHeader { Schema = new OpenApiSchema { Type = JsonSchemaType.String } }),
                Content = new Dictionary<string, OpenApiMediaType> { [described.EventStream ? "text/event-stream" : "application/json"] = answer },
            },
        };
        if (described.Id == QuoteOperations.Create.Id)
            responses["200"] = new OpenApiResponse { Description = "The quote as it would be, with validateOnly.", Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = answer } };
        if (described.EventStream) responses["204"] = new OpenApiResponse { Description = "The caller has the finished quote already." };
        if (described.Conditional) responses["304"] = new OpenApiResponse { Description = "The caller holds the current state." };
        foreach (var status in described.Refusals.Concat([500, 503]))
        {
            responses[Text(status)] = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(status),
                Content = new Dictionary<string, OpenApiMediaType> { [Problems.ContentType] = new() { Schema = new OpenApiSchemaReference(ProtoSchemas.Problem, document) } },
            };
        }
        return responses;
    }

    static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
