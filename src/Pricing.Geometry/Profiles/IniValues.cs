using System.Globalization;

namespace Pricing.Geometry.Profiles;

/// <summary>Lines of an .ini file by key, read as what is asked for; faults name the line.</summary>
sealed class IniValues
{
    readonly Dictionary<string, (string Value, int Line)> _values = [];

    /// <summary>How often a value of the file was asked for and there.</summary>
    public int ValuesRead { get; private set; }

    public IniValues(string text)
    {
        if (text.Length > Limits.Fdm.ProfileCharsMax)
            throw new MeshFormatException("PROFILE_TOO_LARGE", "The profile is too long.", "profile", $"{Limits.Fdm.ProfileCharsMax} characters",
                $"{text.Length} characters");
        var number = 0;
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            if (++number > Limits.Fdm.ProfileLinesMax)
                throw new MeshFormatException("PROFILE_TOO_LARGE", "The profile has too many lines.", "profile", $"{Limits.Fdm.ProfileLinesMax} lines");
            var line = raw.Trim().TrimStart('\uFEFF');
            if (line.IsEmpty || line[0] is '#' or ';')
                continue;
            var equals = line.IndexOf('=');
            // Bundles hold several profiles in [sections]; which one is meant is for the slicer to say, by exporting that one.
            if (equals <= 0)
                throw new MeshFormatException("PROFILE_LINE_MALFORMED", "A line of the profile is not of the form key = value.", $"line {number}", "key = value",
                    Shown(line.ToString()));
            _values[line[..equals].Trim().ToString()] = (line[(equals + 1)..].Trim().ToString(), number);
        }
    }

    public string Word(string key, string otherwise) => _values.TryGetValue(key, out var v) && v.Value.Length > 0 ? v.Value : otherwise;

    public double Number(string key, double otherwise)
    {
        if (!Has(key, out var value))
            return otherwise;
        return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0
            ? number
            : throw Malformed(key, "a number of at least 0");
    }

    /// <summary>"12.5" or "60%" of something.</summary>
    public double NumberOrShare(string key, double otherwise, double whole)
    {
        if (!Has(key, out var value) || !value.EndsWith('%'))
            return Number(key, otherwise);
        return double.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) && double.IsFinite(percent)
            && percent >= 0
            ? percent / 100 * whole
            : throw Malformed(key, "a number or a percentage");
    }

    /// <summary>"15%", "15" or "0.15": a share of 1.</summary>
    public double Share(string key, double otherwise)
    {
        if (!Has(key, out var value))
            return otherwise;
        var share = value.EndsWith('%') ? NumberOrShare(key, otherwise, 1) : Number(key, otherwise);
        return !value.EndsWith('%') && share > 1 ? share / 100 : share;
    }

    public int Count(string key, int otherwise)
    {
        var number = Number(key, otherwise);
        return number == Math.Floor(number) && number <= int.MaxValue ? (int)number : throw Malformed(key, "a whole number");
    }

    public bool Switch(string key, bool otherwise) => !Has(key, out var value) ? otherwise : value switch
    {
        "0" or "false" => false,
        "1" or "true" => true,
        _ => throw Malformed(key, "0 or 1"),
    };

    /// <summary>Distance of the middle of "0x0,400x0,400x400,0x400" from the origin.</summary>
    public double BedCentreMm(string key, double otherwise)
    {
        if (!_values.TryGetValue(key, out var shape) || shape.Value.Length == 0)
            return otherwise;
        double minX = double.MaxValue, minY = double.MaxValue, maxX = double.MinValue, maxY = double.MinValue;
        foreach (var corner in shape.Value.Split(','))
        {
            var at = corner.IndexOf('x');
            if (at < 0 || !double.TryParse(corner.AsSpan(0, at), NumberStyles.Float, CultureInfo.InvariantCulture, out var x)
                || !double.TryParse(corner.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var y) || !double.IsFinite(x + y))
                throw Malformed(key, "corners such as 0x0,200x0,200x200,0x200");
            (minX, maxX) = (Math.Min(minX, x), Math.Max(maxX, x));
            (minY, maxY) = (Math.Min(minY, y), Math.Max(maxY, y));
        }
        double middleX = 0.5 * (minX + maxX), middleY = 0.5 * (minY + maxY);
        return Math.Sqrt(middleX * middleX + middleY * middleY);
    }

    public MeshFormatException Fault(string reason, string message, string key, string limit) =>
        new(reason, message, $"line {_values[key].Line}, {key}", limit, Shown(_values[key].Value));

    /// <summary>The value of the first extruder; false where the key is missing, empty or "nil".</summary>
    bool Has(string key, out string value)
    {
        value = "";
        if (!_values.TryGetValue(key, out var found))
            return false;
        value = found.Value.Split(',', ';')[0].Trim();
        if (value.Length == 0 || value == "nil")
            return false;
        ValuesRead++;
        return true;
    }

    MeshFormatException Malformed(string key, string limit) =>
        Fault("PROFILE_VALUE_MALFORMED", $"The profile's {key} cannot be read.", key, limit);

    static string Shown(string value) => value.Length <= 80 ? value : value[..80] + "…";
}
