using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Pricing.Facade.Errors;

namespace Pricing.Facade.Rest;

/// <summary>Proto JSON in and out: camelCase names, int64 as strings, enums by name, times as RFC 3339, durations as "1.5s".</summary>
static class ProtoJson
{
    /// <summary>Defaults are written: an absent "watertight" must not be how a client learns that a mesh is open.</summary>
    static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    static readonly JsonParser Parser = new(new JsonParser.Settings(Limits.Edge.JsonDepthMax));

    public static string Write(IMessage message) => Formatter.Format(message);

    /// <summary>Reads a body as <typeparamref name="T"/>. Unknown names, wrong types and broken JSON are refused with the path at fault.</summary>
    public static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancel) where T : IMessage<T>, new()
    {
        if (!request.HasJsonContentType())
        {
            throw new RefusedException(StatusCode.InvalidArgument, "CONTENT_TYPE_UNSUPPORTED", "This path takes JSON.", "content-type", "application/json",
                Problems.Shown(request.ContentType ?? ""));
        }
        if (request.ContentLength > Limits.Edge.JsonBodyBytesMax) throw TooLarge(request.ContentLength.Value);
        try
        {
            using var document = await ParseAsync(request, cancel);
            return Read<T>(document);
        }
        catch (InvalidOperationException)
        {
            // The reader checks UTF-8 as it goes but escapes only when a string is asked for: "\ud800" alone is no text.
            throw new RefusedException(StatusCode.InvalidArgument, "INVALID_JSON", "A string of the body holds half a surrogate pair.", "body");
        }
    }

    static T Read<T>(JsonDocument document) where T : IMessage<T>, new()
    {
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new RefusedException(StatusCode.InvalidArgument, "INVALID_JSON", "The body must be a JSON object.", "body", "object", $"{document.RootElement.ValueKind}");

        var descriptor = new T().Descriptor;
        RefuseUnknownNames(document.RootElement, descriptor, "");
        if (Fits(descriptor, document.RootElement.GetRawText(), out var message)) return (T)message;
        var path = FindFault(document.RootElement, descriptor, "") is { Length: > 0 } found ? found : "body";
        throw new RefusedException(StatusCode.InvalidArgument, "INVALID_FIELD_VALUE", "The value does not fit the field's type.", path);
    }

    static async Task<JsonDocument> ParseAsync(HttpRequest request, CancellationToken cancel)
    {
        try
        {
            return await JsonDocument.ParseAsync(request.Body, new JsonDocumentOptions { MaxDepth = Limits.Edge.JsonDepthMax, AllowDuplicateProperties = false }, cancel);
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $"line {line + 1}, byte {e.BytePositionInLine}" : "";
            throw new RefusedException(StatusCode.InvalidArgument, "INVALID_JSON",
                $"The body is not JSON, repeats a name, or is nested deeper than {Limits.Edge.JsonDepthMax} levels.", "body", actual: place);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(null);
        }
    }

    static void RefuseUnknownNames(JsonElement element, MessageDescriptor descriptor, string path)
    {
        if (element.ValueKind != JsonValueKind.Object || IsWellKnown(descriptor)) return;
        foreach (var property in element.EnumerateObject())
        {
            var at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (FieldOf(descriptor, property.Name) is not { } field)
                throw new RefusedException(StatusCode.InvalidArgument, "UNKNOWN_FIELD", $"There is no field {Problems.Shown(at)}.", Problems.Shown(at));
            if (field.FieldType != FieldType.Message || field.IsMap) continue;
            if (!field.IsRepeated) RefuseUnknownNames(property.Value, field.MessageType, at);
            else if (property.Value.ValueKind == JsonValueKind.Array)
                foreach (var (index, item) in property.Value.EnumerateArray().Index()) RefuseUnknownNames(item, field.MessageType, $"{at}[{index}]");
        }
    }

    /// <summary>The parser says what is wrong but not where: each property is tried alone until the wrong one is found.</summary>
    static string? FindFault(JsonElement element, MessageDescriptor descriptor, string path)
    {
        if (element.ValueKind != JsonValueKind.Object || IsWellKnown(descriptor)) return path;
        foreach (var property in element.EnumerateObject())
        {
            var field = FieldOf(descriptor, property.Name)!;
            if (Fits(descriptor, Only(property, property.Value.GetRawText()), out _)) continue;
            var at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (!field.IsRepeated) return field.FieldType == FieldType.Message ? FindFault(property.Value, field.MessageType, at) : at;
            if (property.Value.ValueKind != JsonValueKind.Array) return at;
            foreach (var (index, item) in property.Value.EnumerateArray().Index())
            {
                if (Fits(descriptor, Only(property, $"[{item.GetRawText()}]"), out _)) continue;
                return field.FieldType == FieldType.Message ? FindFault(item, field.MessageType, $"{at}[{index}]") : $"{at}[{index}]";
            }
            return at;
        }
        return null;
    }

    static string Only(JsonProperty property, string value) => $"{{{JsonSerializer.Serialize(property.Name)}:{value}}}";

    static bool Fits(MessageDescriptor descriptor, string json, [NotNullWhen(true)] out IMessage? message)
    {
        try
        {
            message = Parser.Parse(json, descriptor);
            return true;
        }
        // InvalidProtocolBufferException and InvalidJsonException are IOExceptions.
        catch (Exception e) when (e is IOException or InvalidOperationException or FormatException or OverflowException)
        {
            message = null;
            return false;
        }
    }

    static FieldDescriptor? FieldOf(MessageDescriptor descriptor, string name) =>
        descriptor.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name);

    static bool IsWellKnown(MessageDescriptor descriptor) =>
        descriptor.File.Package == Timestamp.Descriptor.File.Package;

    static RefusedException TooLarge(long? actual) =>
        new(StatusCode.ResourceExhausted, "BODY_TOO_LARGE", "The JSON body is larger than this path accepts.", "body",
            $"{Limits.Edge.JsonBodyBytesMax} bytes", actual is { } bytes ? $"{bytes} bytes" : "");
}
