using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key with its value: ASCII text, or bytes when the key ends in <see cref="BinaryHeaderSuffix"/>.</summary>
    public class Entry
    {
        static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

        readonly string? _text;
        readonly byte[]? _bytes;

        /// <summary>A binary entry. The bytes are copied.</summary>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = NormalizeKey(key);
            if (!IsBinary)
                throw new ArgumentException($"The key of a binary value must end in '{BinaryHeaderSuffix}': '{key}'.", nameof(key));
            _bytes = (byte[])valueBytes.Clone();
        }

        /// <summary>A text entry.</summary>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = NormalizeKey(key);
            if (IsBinary)
                throw new ArgumentException($"The key of a text value must not end in '{BinaryHeaderSuffix}': '{key}'.", nameof(key));
            _text = value;
        }

        /// <summary>The key in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>The text. Throws on a binary entry.</summary>
        public string Value => _text ?? throw new InvalidOperationException($"The value of '{Key}' is binary.");

        /// <summary>A copy of the bytes; for a text entry, its ASCII bytes.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(Value) : (byte[])_bytes.Clone();

        /// <inheritdoc/>
        public override string ToString() =>
            _bytes is null ? $"[Entry: key={Key}, value={Value}]" : $"[Entry: key={Key}, {_bytes.Length} bytes]";

        static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            // Header names are case-insensitive and HTTP/2 carries them in lower case only.
            var lower = key.ToLowerInvariant();
            if (lower.Length == 0 || lower.AsSpan().ContainsAnyExcept(KeyCharacters))
                throw new ArgumentException($"A metadata key is letters, digits, '_', '-' and '.': '{key}'.", nameof(key));
            return lower;
        }
    }
}
