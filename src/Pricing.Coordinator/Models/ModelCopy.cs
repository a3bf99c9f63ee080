namespace Pricing.Coordinator.Models;

/// <summary>
/// One stored copy of a model's bytes. Bytes that were removed and come back are another copy with another name: whoever still removes the
/// old one cannot touch them.
/// </summary>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Number">0 for the first.</param>
public readonly record struct ModelCopy(string Sha256, int Number)
{
    public static ModelCopy Of(byte[] sha256, int number = 0) => new(Convert.ToHexStringLower(sha256), number);

    /// <summary>ab/abcdef…, or ab/abcdef….2: below a folder, or behind a bucket's prefix.</summary>
    public string Path => Number == 0 ? $"{Sha256[..2]}/{Sha256}" : $"{Sha256[..2]}/{Sha256}.{Number}";

    public override string ToString() => Path;
}
