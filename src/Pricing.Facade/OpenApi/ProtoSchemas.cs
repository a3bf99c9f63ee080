using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.OpenApi;
using Pricing.Catalog.V1;
using Pricing.Quoting.V1;

namespace Pricing.Facade.OpenApi;

/// <summary>JSON schemas taken from the protobuf descriptors, the same source the JSON itself is written from.</summary>
static class ProtoSchemas
{
    public const string Problem = "Problem";

    static readonly MessageDescriptor[] Roots =
        [Quote.Descriptor, QuoteProgress.Descriptor, Model.Descriptor, ListQuotesResponse.Descriptor, ListProcessesResponse.Descriptor];

    public static void AddAll(OpenApiDocument document)
    {
        foreach (var message in Reachable()) document.AddComponent(NameOf(message), Object(message, document));
        document.AddComponent(QuoteOperations.RequestSchema, QuoteRequest(document));
        document.AddComponent(Problem, ProblemSchema());
    }

    /// <summary>Nested messages carry their outer's name; the test sees to it that no two packages give one name.</summary>
    public static string NameOf(MessageDescriptor message) =>
        message.ContainingType is { } outer ? NameOf(outer) + message.Name : message.Name;

    static IEnumerable<MessageDescriptor> Reachable()
    {
        var found = new Dictionary<string, MessageDescriptor>();
        var open = new Queue<MessageDescriptor>(Roots);
        while (open.TryDequeue(out var message))
        {
            if (!found.TryAdd(message.FullName, message)) continue;
            foreach (var field in message.Fields.InDeclarationOrder())
                if (field.FieldType == FieldType.Message && !IsWellKnown(field.MessageType)) open.Enqueue(field.MessageType);
        }
        return found.Values;
    }

    static OpenApiSchema Object(MessageDescriptor message, OpenApiDocument document) => new()
    {
        Type = JsonSchemaType.Object,
        Description = ProtoComments.Of(message.FullName),
        Properties = message.Fields.InDeclarationOrder().ToDictionary(field => field.JsonName, field => Described(Field(field, document), field)),
        // Defaults are written, so everything is there but unset messages, unset optionals and the members of a oneof not chosen.
        Required = message.Fields.InDeclarationOrder().Where(field => !field.HasPresence).Select(field => field.JsonName).ToHashSet(),
    };

    /// <summary>What may be sent: the asked-for fields of a quote, and a refusal for anything else.</summary>
    static OpenApiSchema QuoteRequest(OpenApiDocument document) => new()
    {
        Type = JsonSchemaType.Object,
        Description = "What to price. Unknown fields are refused with reason UNKNOWN_FIELD; fields of Quote that the service sets, with FIELD_OUTPUT_ONLY.",
        Properties = Quote.Descriptor.Fields.InDeclarationOrder()
            .Where(field => QuoteOperations.AskedFields.Contains(field.Name))
            .ToDictionary(field => field.JsonName, field => Described(Field(field, document, Asked), field)),
        Required = new HashSet<string> { "model" },
        AdditionalPropertiesAllowed = false,
    };

    /// <summary>Within a request nothing is required, so nested messages are written out instead of referred to.</summary>
    static OpenApiSchema Asked(MessageDescriptor message, OpenApiDocument document)
    {
        var schema = Object(message, document);
        schema.Required = null;
        schema.AdditionalPropertiesAllowed = false;
        schema.Properties = message.Fields.InDeclarationOrder().ToDictionary(field => field.JsonName, field => Described(Field(field, document, Asked), field));
        return schema;
    }

    static IOpenApiSchema Field(FieldDescriptor field, OpenApiDocument document, Func<MessageDescriptor, OpenApiDocument, IOpenApiSchema>? nested = null)
    {
        var item = Single(field, document, nested ?? ((message, owner) => new OpenApiSchemaReference(NameOf(message), owner)));
        return field.IsRepeated ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = item } : item;
    }

    static IOpenApiSchema Single(FieldDescriptor field, OpenApiDocument document, Func<MessageDescriptor, OpenApiDocument, IOpenApiSchema> nested) => field.FieldType switch
    {
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        FieldType.String => new OpenApiSchema { Type = JsonSchemaType.String },
        FieldType.Bytes => new OpenApiSchema { Type = JsonSchemaType.String, Format = "byte" },
        FieldType.Double or FieldType.Float => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
        FieldType.UInt32 or FieldType.Fixed32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0" },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => new OpenApiSchema { Type = JsonSchemaType.String, Format = "int64", Pattern = "^-?[0-9]+$" },
        FieldType.UInt64 or FieldType.Fixed64 => new OpenApiSchema { Type = JsonSchemaType.String, Format = "uint64", Pattern = "^[0-9]+$" },
        FieldType.Enum => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [.. field.EnumType.Values.Select(value => (JsonNode)JsonValue.Create(value.Name))],
        },
        FieldType.Message when field.MessageType.FullName == Timestamp.Descriptor.FullName => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
        FieldType.Message when field.MessageType.FullName == Duration.Descriptor.FullName =>
            new OpenApiSchema { Type = JsonSchemaType.String, Pattern = @"^-?[0-9]+(\.[0-9]{1,9})?s$" },
        FieldType.Message => nested(field.MessageType, document),
        _ => throw new NotSupportedException($"{field.FullName}: {field.FieldType} has no JSON schema here"),
    };

    static IOpenApiSchema Described(IOpenApiSchema schema, FieldDescriptor field)
    {
        if (ProtoComments.Of(field.FullName) is { } comment && schema is OpenApiSchema or OpenApiSchemaReference) schema.Description = comment;
        return schema;
    }

    static bool IsWellKnown(MessageDescriptor message) => message.File.Package == Timestamp.Descriptor.File.Package;

    static OpenApiSchema ProblemSchema()
    {
        static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "RFC 9457 problem details. docs/errors.md lists the reasons.",
            Required = new HashSet<string> { "type", "title", "status", "detail", "reason", "traceId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri-reference", Description = "/errors/{reason}" },
                ["title"] = Text("The HTTP status in words."),
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
                ["detail"] = Text("One plain sentence."),
                ["reason"] = Text("Stable, UPPER_SNAKE; what a program looks at."),
                ["field"] = Text("The field, header or parameter at fault."),
                ["limit"] = Text("The limit that was broken, with its unit."),
                ["actual"] = Text("What was there instead."),
                ["violations"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Description = "Present when more than one field is at fault.",
                    Items = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema> { ["field"] = Text("The field at fault."), ["detail"] = Text("What is wrong with it.") },
                        Required = new HashSet<string> { "field", "detail" },
                    },
                },
                ["traceId"] = Text("Quote it when you ask us."),
            },
        };
    }
}
