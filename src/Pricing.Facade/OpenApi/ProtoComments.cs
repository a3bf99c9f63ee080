using System.Collections.Frozen;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Pricing.Facade.OpenApi;

/// <summary>The comments of the .proto files, by full name. Descriptors of generated code do not carry them, so the files are embedded and read.</summary>
static partial class ProtoComments
{
    static readonly FrozenDictionary<string, string> ByName = ReadAll().ToFrozenDictionary();

    public static string? Of(string fullName) => ByName.GetValueOrDefault(fullName);

    static IEnumerable<KeyValuePair<string, string>> ReadAll()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".proto", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            foreach (var comment in Read(reader)) yield return comment;
        }
    }

    /// <summary>Our own files, one declaration a line as buf formats them: comment lines belong to the declaration that follows.</summary>
    static IEnumerable<KeyValuePair<string, string>> Read(TextReader reader)
    {
        var scopes = new Stack<string>();
        var comment = new List<string>();
        while (reader.ReadLine() is { } raw)
        {
            var line = raw.Trim();
            if (line.StartsWith("//", StringComparison.Ordinal))
            {
                comment.Add(line[2..].Trim());
                continue;
            }
            if (Package().Match(line) is { Success: true } package) scopes.Push(package.Groups[1].Value);
            else if (Block().Match(line) is { Success: true } block)
            {
                // The members of a oneof belong to the message around it.
                var name = block.Groups[1].Value == "oneof" ? scopes.Peek() : $"{scopes.Peek()}.{block.Groups[2].Value}";
                if (comment.Count > 0 && block.Groups[1].Value != "oneof") yield return new(name, string.Join(' ', comment));
                if (!line.EndsWith('}')) scopes.Push(name);
            }
            else if (line == "}") scopes.Pop();
            else if (Field().Match(line) is { Success: true } field && comment.Count > 0) yield return new($"{scopes.Peek()}.{field.Groups[1].Value}", string.Join(' ', comment));
            comment.Clear();
        }
    }

    [GeneratedRegex(@"^package ([\w.]+);")]
    private static partial Regex Package();

    [GeneratedRegex(@"^(message|enum|oneof|service) (\w+) \{")]
    private static partial Regex Block();

    [GeneratedRegex(@"^(?:optional |repeated )?[\w.]+ (\w+) = [0-9]+;")]
    private static partial Regex Field();
}
