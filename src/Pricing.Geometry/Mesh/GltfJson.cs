using System.Text.Json;

namespace Pricing.Geometry.Mesh;

/// <summary>Reading members of untrusted JSON: a value of the wrong kind is a refusal that names its place, never an exception of the library.</summary>
static class GltfJson
{
    public static MeshFormatException Malformed(string field, string wanted, string actual) =>
        new("GLTF_MALFORMED", "The glTF is malformed.", field, wanted, actual);

    /// <summary>An optional array member; its length is bounded.</summary>
    public static JsonElement[] Array(JsonElement owner, string name, string place)
    {
        if (!owner.TryGetProperty(name, out var array))
            return [];
        if (array.ValueKind != JsonValueKind.Array)
            throw Malformed($"{place}.{name}", "an array", $"{array.ValueKind}");
        if (array.GetArrayLength() > Limits.Mesh.ObjectsMax)
            throw new MeshFormatException("TOO_MANY_OBJECTS", "The glTF has too many entries in a list.", $"{place}.{name}", $"{Limits.Mesh.ObjectsMax} entries",
                $"{array.GetArrayLength()} entries");
        return [.. array.EnumerateArray()];
    }

    /// <summary>Objects only: an array whose entries are looked into.</summary>
    public static JsonElement[] Objects(JsonElement owner, string name, string place)
    {
        var array = Array(owner, name, place);
        for (var i = 0; i < array.Length; i++)
            if (array[i].ValueKind != JsonValueKind.Object)
                throw Malformed($"{place}.{name}[{i}]", "an object", $"{array[i].ValueKind}");
        return array;
    }

    public static JsonElement? Object(JsonElement owner, string name, string place)
    {
        if (!owner.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.Object ? value : throw Malformed($"{place}.{name}", "an object", $"{value.ValueKind}");
    }

    public static long? Integer(JsonElement owner, string name, string place) =>
        owner.TryGetProperty(name, out var value) ? Integer(value, $"{place}.{name}") : null;

    public static long Integer(JsonElement value, string place)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var integer))
            return integer;

        // Some writers put 3.0 where an integer belongs.
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == Math.Floor(number) && Math.Abs(number) < 1L << 53)
            return (long)number;
        throw Malformed(place, "an integer", $"{value.ValueKind}");
    }

    /// <summary>The entry an index names.</summary>
    public static JsonElement At(JsonElement[] list, long? index, string place) => index is { } i && i >= 0 && i < list.Length ? list[i]
        : throw new MeshFormatException("GLTF_INDEX_OUT_OF_RANGE", "The glTF names an entry that does not exist.", place, $"{list.Length} entries", $"{index?.ToString() ?? "none"}");

    /// <summary>An optional array of exactly so many finite numbers.</summary>
    public static double[]? Numbers(JsonElement owner, string name, int count, string place)
    {
        if (!owner.TryGetProperty(name, out var array))
            return null;
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() != count)
            throw Malformed($"{place}.{name}", $"{count} numbers", array.ValueKind == JsonValueKind.Array ? $"{array.GetArrayLength()} entries" : $"{array.ValueKind}");
        var numbers = new double[count];
        for (var i = 0; i < count; i++)
            if (array[i].ValueKind != JsonValueKind.Number || !array[i].TryGetDouble(out numbers[i]) || !double.IsFinite(numbers[i]))
                throw Malformed($"{place}.{name}[{i}]", "a finite number", $"{array[i].ValueKind}");
        return numbers;
    }

    public static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
